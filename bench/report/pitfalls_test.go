package report

import (
	"math"
	"strings"
	"testing"
)

// pitfallen has a pitfall that is judged by time, one that is judged by a count, and one
// of which half is missing. The noise of a round is the same for both of a pair.
func pitfallen(f *factory) {
	for _, p := range []struct {
		id, variant  string
		took, counts float64
	}{{"T10", "broken", 160e6, 0}, {"T10", "fixed", 5e6, 0}, {"T2", "broken", 0, 2000}, {"T2", "fixed", 0, 0}, {"A2", "fixed", 5e6, 0}} {
		f.add("Pitfall/id="+p.id+"/variant="+p.variant, func() []amount {
			values := []amount{{1e6, "ns/op"}, {p.counts, "forbidden/op"}}
			if p.took > 0 {
				values = append(values, amount{p.took * f.mood, "took-ns"})
			}
			return values
		})
	}
}

// The two of a pair are compared round by round: what disturbs both falls out.
func TestPitfalls(t *testing.T) {
	run, err := Open(made(t, pitfallen))
	if err != nil {
		t.Fatal(err)
	}
	if run.Sections[0].Key != "pitfall" || len(run.Tables) != 0 || run.Invalid() {
		t.Fatalf("section %s, %d tables, INVALID is %v: want the section of pitfalls, and nothing else", run.Sections[0].Key, len(run.Tables), run.Invalid())
	}
	var labels []string
	for _, l := range run.Sections[0].Lines {
		labels = append(labels, l.Label)
	}
	if got := strings.Join(labels, " "); got != "A2 T2 T10" {
		t.Fatalf("pitfalls %s", got)
	}
	alone, counted, timed := run.Sections[0].Lines[0], run.Sections[0].Lines[1], run.Sections[0].Lines[2]
	if c := timed.Cells[2]; math.Abs(c.Center-32) > 0.1 || c.Hi-c.Lo > 0.1 || c.N != madeRounds {
		t.Errorf("the ratio is %+v, want 32 in all rounds", c)
	}
	if broken, fixed := counted.Cells[3], counted.Cells[4]; broken.Center != 2000 || broken.spread() != 0 || fixed.Center != 0 || fixed.N != madeRounds {
		t.Errorf("forbidden: %+v and %+v, want exactly 2000 and 0", broken, fixed)
	}
	for i, c := range counted.Cells[:3] {
		if c.N > 0 || c.Why == "" {
			t.Errorf("cell %d of what is counted is %+v, want a reason", i, c)
		}
	}
	for _, i := range []int{0, 2, 3} {
		if c := alone.Cells[i]; c.N > 0 || c.Why == "" {
			t.Errorf("cell %d of half a pair is %+v, want a reason", i, c)
		}
	}
}
