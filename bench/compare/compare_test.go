package compare

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// trio makes base, head and control of one row.
func trio(t *testing.T, rounds int, noise, slower, control float64, more [2]string) (base, head, again *samples.Run) {
	one := func(seed uint64, cpu float64, values string) *samples.Run {
		return made{rounds: rounds, seed: seed, noise: noise, cells: []madeCell{{name: named("thread", "cpu"), cpu: cpu, more: always(values)}}}.run(t)
	}
	return one(1, 1000, more[0]), one(2, 1000*slower, more[1]), one(3, 1000*control, more[0])
}

func TestVerdicts(t *testing.T) {
	same := [2]string{"3 allocs/op 7 checksum", "3 allocs/op 7 checksum"}
	for _, test := range []struct {
		name                   string
		rounds                 int
		noise, slower, control float64
		more                   [2]string
		want                   Verdict
		why                    string
	}{
		{"the same", 20, 0.01, 1, 1, same, Pass, "all of 2"},
		{"slower by 10 %", 20, 0.01, 1.1, 1, same, Fail, "1 benchmark got slower"},
		{"faster by 10 %", 20, 0.01, 0.9, 1, same, Pass, ""},
		{"slower by 3 %, which nobody minds", 20, 0.01, 1.03, 1, same, Pass, ""},
		{"slower by 10 %, with much noise", 20, 0.3, 1.1, 1, same, Inconclusive, "not the same as no change"},
		{"slower by 10 %, too few rounds", 5, 0.01, 1.1, 1, same, Inconclusive, ""},
		{"the control is slower", 20, 0.01, 1, 1.2, same, Environment, "the control failed"},
		{"the control is faster", 20, 0.01, 1, 0.8, same, Environment, "the control failed"},
		{"both are slower than the base: it is the machine", 20, 0.01, 1.2, 1.2, same, Environment, "the control failed"},
		{"more allocations", 20, 0.01, 1, 1, [2]string{"3 allocs/op", "4 allocs/op"}, Fail, "1 count got worse"},
		{"more allocations, whatever the control says", 20, 0.01, 1, 1.2, [2]string{"3 allocs/op", "4 allocs/op"}, Fail, "counts are exact"},
		{"fewer allocations", 20, 0.01, 1, 1, [2]string{"3 allocs/op", "2 allocs/op"}, Pass, ""},
		{"another checksum", 20, 0.01, 1, 1, [2]string{"7 checksum", "8 checksum"}, Fail, "1 benchmark of head failed, or did other work"},
		{"another checksum, whatever the control says", 20, 0.01, 1, 1.2, [2]string{"7 checksum", "8 checksum"}, Fail, ""},
		{"a task lost", 20, 0.01, 1, 1, [2]string{"0 lost/op", "0.01 lost/op"}, Fail, "1 count got worse"},
		{"a task lost on both sides", 20, 0.01, 1, 1, [2]string{"0.01 lost/op", "0.01 lost/op"}, Environment, "1 benchmark cannot be compared"},
		{"a fault in head", 20, 0.01, 1, 1, [2]string{"7 checksum", "7 checksum 1 faults"}, Environment, "1 benchmark cannot be compared"},
		{"a fault in the base", 20, 0.01, 1, 1, [2]string{"7 checksum 1 faults", "7 checksum"}, Environment, "1 benchmark cannot be compared"},
		{"a fault and slower: it is refused, not judged", 20, 0.01, 1.5, 1, [2]string{"7 checksum", "7 checksum 2 faults"}, Environment, ""},
		{"impossible efficiency", 20, 0.01, 1, 1, [2]string{"90 efficiency-%", "190 efficiency-%"}, Environment, ""},
		{"against Little's law", 20, 0.01, 1, 1, [2]string{"50 little-%", "99 little-%"}, Environment, ""},
		{"slower alone, in wall time and latency", 20, 0.01, 1, 1, [2]string{"5 p99-ns 9 tasks/s", "9 p99-ns 5 tasks/s"}, Pass, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			base, head, control := trio(t, test.rounds, test.noise, test.slower, test.control, test.more)
			r := Compare(base, head, control, Config{})
			if r.Verdict != test.want || !strings.Contains(r.Why, test.why) {
				t.Errorf("%s: %s, want %s: %s\n%+v", r.Verdict, r.Why, test.want, test.why, r.Judged)
			}
		})
	}
}

// A row that is noisy has a margin of its own. It must not hide another.
func TestNoiseOfOneRowDoesNotHideAnother(t *testing.T) {
	three := func(seed uint64, slower float64) *samples.Run {
		return made{rounds: 20, seed: seed, noise: 0.01, cells: []madeCell{
			{name: named("thread", "cpu"), cpu: 1000 * slower}, {name: named("thread", "empty"), cpu: 50, noise: 0.4},
		}}.run(t)
	}
	r := Compare(three(1, 1), three(2, 1.1), three(3, 1), Config{})
	if r.Verdict != Fail || r.Judged[0].Verdict != Fail || r.Judged[1].Verdict == Fail {
		t.Errorf("%s: %s: %+v", r.Verdict, r.Why, r.Judged)
	}
	if quiet, loud := r.Judged[0].Margin, r.Judged[1].Margin; quiet != 0.05 || loud < 0.1 {
		t.Errorf("margins of %v and %v, want 5 %% and much more", quiet, loud)
	}
}

// What differs around the program is not a different version of it.
func TestOtherCircumstances(t *testing.T) {
	with := func(old, new string) *samples.Run {
		m := made{rounds: 6, seed: 1, noise: 0.01, cells: []madeCell{{name: named("serial", "cpu"), cpu: 1000}, {name: named("thread", "cpu"), cpu: 1000}}}
		m.config = strings.Replace(circumstances, old, new, 1)
		return m.run(t)
	}
	for old, new := range map[string]string{
		"goos: linux": "goos: darwin", "goarch: amd64": "goarch: arm64", "cpu: Some": "cpu: Another", "cores: 2": "cores: 4",
		"store: none": "store: redis 7", "latency: 2ms": "latency: 3ms", "benchtime: 40ms": "benchtime: 1s",
	} {
		for _, r := range []*Report{Compare(with("", ""), with(old, new), nil, Config{}), Blocks(with("", ""), with(old, new), Config{})} {
			key, _, _ := strings.Cut(old, ":")
			if r.Verdict != Environment || !strings.HasPrefix(r.Why, key+" was ") || len(r.Judged) > 0 {
				t.Errorf("%s: %s: %s", new, r.Verdict, r.Why)
			}
		}
	}
	r := Compare(with("", ""), with("go1.26.8", "go1.27"), nil, Config{})
	if r.Verdict == Environment || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "go1.27") {
		t.Errorf("another Go: %s: %s, %q", r.Verdict, r.Why, r.Notes)
	}
}

func TestNothingInCommon(t *testing.T) {
	one := func(name string, cpu float64) *samples.Run {
		return made{rounds: 6, cells: []madeCell{{name: name, cpu: cpu}}}.run(t)
	}
	r := Compare(one(named("thread", "cpu"), 5), one(named("async", "cpu"), 5), nil, Config{})
	if r.Verdict != Environment || r.Why != "the two sides have no benchmark in common" || len(r.Notes) != 2 {
		t.Errorf("other benchmarks: %s: %s, %q", r.Verdict, r.Why, r.Notes)
	}
	r = Compare(one(named("thread", "cpu"), 0), one(named("thread", "cpu"), 0), nil, Config{})
	if r.Verdict != Environment || !strings.HasPrefix(r.Why, "no benchmark has anything") {
		t.Errorf("without processor time: %s: %s", r.Verdict, r.Why)
	}
	if r := Compare(&samples.Run{}, &samples.Run{}, nil, Config{}); r.Verdict != Environment {
		t.Errorf("without anything: %s: %s", r.Verdict, r.Why)
	}
}

// A benchmark that failed once is compared no more. If only head did, that is a FAIL.
func TestFailedBenchmarksAreRefused(t *testing.T) {
	base, head, control := trio(t, 20, 0.01, 1, 1, [2]string{"7 checksum", "7 checksum"})
	head.Cells[0].Failed = "failed in round 3: 1 workers died"
	r := Compare(base, head, control, Config{})
	if r.Verdict != Fail || r.Judged[0].Why != "head failed in round 3: 1 workers died" {
		t.Errorf("%s: %s: %+v", r.Verdict, r.Why, r.Judged)
	}
	for _, other := range []*samples.Run{control, base} {
		other.Cells[0].Failed = "failed in round 4: no memory"
		if r := Compare(base, head, control, Config{}); r.Verdict != Environment || !strings.Contains(r.Judged[0].Why, "no memory") {
			t.Errorf("%s: %s: %+v", r.Verdict, r.Why, r.Judged)
		}
	}
}

// Without processor time nothing says that head is not slower.
func TestCountsAloneAreNoPass(t *testing.T) {
	one := func(cpu float64) *samples.Run {
		return made{rounds: 10, cells: []madeCell{{name: named("thread", "cpu"), cpu: cpu, more: always("3 allocs/op")}}}.run(t)
	}
	for _, r := range []*Report{Compare(one(0), one(0), nil, Config{}), Blocks(one(0), one(0), Config{})} {
		if r.Verdict != Environment || !strings.HasPrefix(r.Why, "only counts were judged") {
			t.Errorf("on neither side: %s: %s", r.Verdict, r.Why)
		}
	}
	for _, r := range []*Report{Compare(one(5), one(0), nil, Config{}), Blocks(one(5), one(0), Config{})} {
		if r.Verdict != Inconclusive {
			t.Errorf("on one side: %s: %s", r.Verdict, r.Why)
		}
	}
}

func TestCounts(t *testing.T) {
	few := func(n int, odd, usual float64) (values []float64) {
		for i := range 10 {
			if values = append(values, usual); i < n {
				values[i] = odd
			}
		}
		return values
	}
	for _, test := range []struct {
		name       string
		base, head []float64
		none       bool
		want       Verdict
	}{
		{"equal", few(0, 0, 3), few(0, 0, 3), false, Pass},
		{"one more", few(0, 0, 3), few(0, 0, 4), false, Fail},
		{"one less", few(0, 0, 3), few(0, 0, 2), false, Pass},
		{"a byte more of very many", few(0, 0, 1e6), few(0, 0, 1e6+1), false, Fail},
		{"more in a few rounds", few(0, 0, 3), few(3, 4, 3), false, Pass},
		{"more in most rounds", few(0, 0, 3), few(6, 4, 3), false, Fail},
		{"as varied as the base", few(2, 4, 3), few(5, 4, 3), false, Pass},
		{"one lost in one round", few(0, 0, 0), few(1, 0.01, 0), true, Fail},
		{"from nothing to something", few(0, 0, 0), few(0, 0, 1), false, Fail},
	} {
		if got, why := counts(test.base, test.head, test.none); got != test.want {
			t.Errorf("%s: %s (%s), want %s", test.name, got, why, test.want)
		}
	}
}
