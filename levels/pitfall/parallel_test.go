package pitfall

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

// What takes two cores is not proven where there is one, nor refuted where one has gone
// meanwhile.
func TestParNeedsCores(t *testing.T) {
	takes := func(d time.Duration) Variant {
		return func(context.Context) (Seen, error) {
			return Seen{Took: d, Outcomes: []Outcome{{What: "done", Verdict: Expected, Count: 1}}}, nil
		}
	}
	p := Pitfall{ID: "par", Class: Par, Unit: "x one", Breaks: AtLeast(3), Holds: AtMost(2), Work: 1,
		Broken: takes(time.Second), Fixed: takes(time.Second), Yardstick: takes(time.Second)}
	defer func(before func(Pitfall, context.Context, Which) (Side, error)) { apart, parallel = before, Parallel }(apart)
	apart = func(p Pitfall, ctx context.Context, which Which) (Side, error) { return p.Look(ctx, which) }
	for name, c := range map[string]struct {
		cores  []float64 // before, and after each miss
		ruling Ruling
		why    string
	}{
		"no cores":      {[]float64{1.1}, NotHere, "two threads do 1.1 times the work of one"},
		"one has gone":  {[]float64{1.9, 1.9, 1.2}, NotHere, "two threads do 1.2 times the work of one"},
		"both are here": {slices.Repeat([]float64{1.9}, 1+looks), Refuted, "the broken program: 1 x one"},
	} {
		t.Run(name, func(t *testing.T) {
			parallel = func() (n float64) { n, c.cores = c.cores[0], c.cores[1:]; return n }
			proof, err := p.Prove(t.Context())
			if err != nil || proof.Ruling != c.ruling || !strings.Contains(proof.Why, c.why) {
				t.Errorf("%s: %q, %v; want %s: %q", proof.Ruling, proof.Why, err, c.ruling, c.why)
			}
		})
	}
}

func TestParallel(t *testing.T) {
	if n := Parallel(); n < 0.2 || n > 4 {
		t.Errorf("two threads do %v times the work of one", n)
	}
}
