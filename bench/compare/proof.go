package compare

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Proof is what replays of a run, in which nothing ever changed, say about the
// gate: how it would have judged benchmarks with that noise.
type Proof struct {
	Work   string // that all of its rows do
	Rows   int
	Rounds int
	Checks []Check
	Blocks []string // the same by the classical design, for comparison
}

// A Check is a property of the gate, and whether it has it.
type Check struct {
	What, Have, Want string
	OK               bool
}

// The rounds of a replay, and the slow-down that has to be found in them.
const (
	proofRounds = 20
	injected    = 1.10
)

// Proofs replays the processor time of a run's rows, those of each workload apart:
// an empty task is nothing but noise, and would hide how well computing can be
// measured. A replay takes a window of 40 consecutive rounds, so a run needs as many.
func Proofs(run *samples.Run) (proofs []Proof, err error) {
	var works []string
	rows, longest := map[string][]*samples.Cell{}, 0
	tests := 0
	for _, c := range run.Cells {
		n := len(c.Values(cpu))
		if longest = max(longest, n); n < 2*proofRounds {
			continue
		}
		if !slices.Contains(works, c.Name.Work) {
			works = append(works, c.Name.Work)
		}
		rows[c.Name.Work] = append(rows[c.Name.Work], c)
		tests++
	}
	if tests == 0 {
		return nil, fmt.Errorf("%s: no row has processor times of %d rounds, the longest has %d: make a run with levels bench --rounds %d or more",
			samples.Clip(samples.Clean(run.File), 200), 2*proofRounds, longest, 2*proofRounds)
	}
	for _, work := range works {
		proofs = append(proofs, prove(work, rows[work], tests))
	}
	return proofs, nil
}

// prove replays the rows of one workload. The gate is that of the look at 20 rounds.
func prove(work string, cells []*samples.Cell, tests int) Proof {
	const seed, many, each = 1, 4000, 100 // replays
	p := Proof{Work: samples.Clean(work), Rows: len(cells), Rounds: math.MaxInt}
	var times, walls [][]float64
	found, alarms, replayed, beside := 0, 0, 0, 0.0
	for _, c := range cells {
		series := c.Values(cpu)
		p.Rounds = min(p.Rounds, len(series))
		times, walls = append(times, series), append(walls, c.Values("sec/op"))
		one := [][]float64{series}
		floor := stat.Replay(one, proofRounds, replays, seed).Floor
		rule := stat.Gate{Alpha: lookAt(Looks(proofRounds/2), proofRounds).Alpha, Floor: floor}.Rule(tests)
		found += stat.Power(one, proofRounds, injected, each, seed, rule)
		alarms += stat.Power(one, proofRounds, 1, each, seed, rule)
		replayed += each
		beside += float64(len(series)) / (2 * proofRounds)
	}
	all := stat.Replay(times, proofRounds, many, seed)
	share := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	check := func(what string, have, want float64, ok bool, sign string) {
		p.Checks = append(p.Checks, Check{what, fmt.Sprintf("%.3g %%", have), fmt.Sprintf("%s %.3g %%", sign, want), ok})
	}
	fp, power, wrong := share(all.FalsePositives, all.Replays), share(found, replayed), share(alarms, replayed)
	// The alarms are in the order that was measured. 5 % of them are due; and as replays
	// overlap, of so few windows side by side more may be an alarm by chance.
	chance := 2 * math.Sqrt(5*95/beside)
	check(fmt.Sprintf("alarms in the order measured, %.0f windows", beside), fp, 5+chance, fp <= 5+chance, "<=")
	check(fmt.Sprintf("noise floor at %d rounds", proofRounds), 100*all.Floor, 5, all.Floor <= 0.05, "<=")
	check(fmt.Sprintf("a slow-down by 10 %% is a FAIL, of %d replays", replayed), power, 95, power >= 95, ">=")
	check(fmt.Sprintf("no change is a FAIL, of %d replays", replayed), wrong, 1, wrong <= 1, "<=")
	for _, b := range []struct {
		what   string
		series [][]float64
	}{{"processor time", times}, {"wall time", walls}} {
		c := stat.ReplayBlocks(b.series, proofRounds, many/10, seed)
		p.Blocks = append(p.Blocks, fmt.Sprintf("%s: %.3g %% alarms, floor %.3g %%", b.what, share(c.FalsePositives, max(1, c.Replays)), 100*c.Floor))
	}
	return p
}

// OK tells whether all checks hold.
func (p Proof) OK() bool {
	return !slices.ContainsFunc(p.Checks, func(c Check) bool { return !c.OK })
}

// Write prints the checks.
func (p Proof) Write(w io.Writer) {
	fmt.Fprintln(w, report.Wrap(fmt.Sprintf("work=%s: processor time of %s, %d rounds in which nothing changed", p.Work, report.Count(p.Rows, "row", "rows"), p.Rounds), width, 2))
	for _, c := range p.Checks {
		word := "ok"
		if !c.OK {
			word = "SHORT"
		}
		fmt.Fprintf(w, "  %-50s %9s  %-9s %s\n", c.What, c.Have, c.Want, word)
	}
	for _, b := range p.Blocks {
		fmt.Fprintf(w, "  beside it, sequential blocks and a U-test, %s\n", b)
	}
}
