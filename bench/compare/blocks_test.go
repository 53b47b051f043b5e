package compare

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// blocks makes two runs of serial and thread. Machine and code are how many times
// slower head's are.
func blocks(t *testing.T, rounds int, noise, machine, code float64) (base, head *samples.Run) {
	one := func(seed uint64, machine, code float64) *samples.Run {
		return made{rounds: rounds, seed: seed, noise: noise, cells: []madeCell{
			{name: named("serial", "cpu"), cpu: 1000 * machine}, {name: named("thread", "cpu"), cpu: 1100 * machine * code},
		}}.run(t)
	}
	return one(1, 1, 1), one(2, machine, code)
}

func TestBlocks(t *testing.T) {
	for _, test := range []struct {
		name                 string
		rounds               int
		noise, machine, code float64
		want                 Verdict
		why                  string
	}{
		{"the same", 20, 0.01, 1, 1, Pass, ""},
		{"slower code", 20, 0.01, 1, 1.2, Fail, "1 benchmark got slower"},
		{"a machine that is a little slower", 20, 0.005, 1.03, 1, Pass, ""},
		{"another machine", 20, 0.01, 1.5, 1, Environment, "the machine was another"},
		{"another machine, and slower code", 20, 0.01, 1.5, 1.5, Environment, "the machine was another"},
		{"much noise", 20, 0.3, 1, 1, Inconclusive, ""},
		{"few rounds", 4, 0.01, 1, 2, Inconclusive, ""},
		{"one round", 1, 0.01, 1, 2, Inconclusive, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, head := blocks(t, test.rounds, test.noise, test.machine, test.code)
			r := Blocks(base, head, Config{})
			if r.Verdict != test.want || !strings.Contains(r.Why, test.why) {
				t.Errorf("%s: %s, want %s: %s\n%+v", r.Verdict, r.Why, test.want, test.why, r.Judged)
			}
			if len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "weaker evidence") {
				t.Errorf("it does not say that it is weaker evidence: %q", r.Notes)
			}
		})
	}
}

// A base that jumps is so noisy that nearly all is within its floor. That is no PASS.
func TestBlocksOfANoisyBase(t *testing.T) {
	base, head := blocks(t, 20, 0.01, 1, 1.2)
	for i, s := range base.Cells[1].Samples {
		s.Values[cpu] *= 1 + 0.4*float64(i*7/5%2)
	}
	r := Blocks(base, head, Config{})
	if row := r.Judged[1]; r.Verdict != Inconclusive || !strings.Contains(row.Why, "so noisy") {
		t.Errorf("%s: %s: %+v", r.Verdict, r.Why, row)
	}
}

// The floor is of many splits, and not of one; below 12 rounds there is none.
func TestBlockNoise(t *testing.T) {
	jump := []float64{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2}
	half := stat.ReplayBlocks([][]float64{jump}, len(jump)/2, 100, 1)
	if c := blockNoise(jump); c.Replays != replays || half.Floor != 0 || c.Floor < 0.5 {
		t.Errorf("have %+v, and of a single split %+v", c, half)
	}
	if c := blockNoise(jump[:11]); c.Replays != 0 {
		t.Errorf("of 11 rounds: %+v", c)
	}
}

// Without a serial row nothing tells the machine from the code.
func TestBlocksWithoutSerial(t *testing.T) {
	one := func(cpu float64) *samples.Run {
		return made{rounds: 20, noise: 0.01, cells: []madeCell{{name: named("thread", "cpu"), cpu: cpu}}}.run(t)
	}
	r := Blocks(one(1000), one(2000), Config{})
	if r.Verdict != Inconclusive || !strings.Contains(r.Judged[0].Why, "no valid serial row") {
		t.Errorf("%s: %+v", r.Verdict, r.Judged)
	}
}

// A machine that gets slower throughout both runs cancels, round by round.
func TestDriftCancels(t *testing.T) {
	one := func(seed uint64) *samples.Run {
		return made{rounds: 20, seed: seed, noise: 0.01, drift: 1, cells: []madeCell{
			{name: named("serial", "cpu"), cpu: 1000}, {name: named("thread", "cpu"), cpu: 1100},
		}}.run(t)
	}
	r := Blocks(one(1), one(2), Config{})
	for _, row := range r.Judged {
		if strings.HasPrefix(row.Label, "thread") && (row.Verdict != Pass || row.Margin > 0.05) {
			t.Errorf("%+v", row)
		}
	}
}
