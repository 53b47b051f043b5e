package bench_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// BenchmarkPitfall runs both programs of each pitfall. An operation is a whole run, and
// what it shows must be what the entry says.
func BenchmarkPitfall(b *testing.B) {
	axes := bench.Axes{Kinds: []string{"pitfall"}}
	if *pitfallFlag != "" {
		axes.Pitfalls = strings.Split(*pitfallFlag, ",")
	}
	plan, err := bench.Plan{Axes: []bench.Axes{axes}}.Complete()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range plan.Cells() {
		if !slices.Contains(strings.Split(*variantFlag, ","), string(c.Variant)) {
			continue
		}
		p, err := catalogue.Find(c.Pitfall)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("id=%s/variant=%s", c.Pitfall, c.Variant), func(b *testing.B) { fall(b, p, c.Variant) })
	}
}

func fall(b *testing.B, p pitfall.Pitfall, which pitfall.Which) {
	program := map[pitfall.Which]pitfall.Variant{pitfall.Broken: p.Broken, pitfall.Fixed: p.Fixed}[which]
	var forbidden, took []float64
	for b.Loop() {
		seen, err := program(world.ctx)
		if err != nil {
			b.Fatal(err)
		}
		if wrong := unlike(p, which, seen); wrong != "" {
			b.Fatalf("%s of %s: %s", which, p.ID, wrong)
		}
		forbidden = append(forbidden, float64(seen.Sum(pitfall.Forbidden)))
		took = append(took, float64(seen.Took))
	}
	b.ReportMetric(stat.Median(forbidden), "forbidden/op")
	if p.Class.Timed() {
		b.ReportMetric(max(1, stat.Median(took)), "took-ns")
	}
}

// unlike says how what a program showed is not what the entry says, as far as one run can
// tell: a ratio of times takes more.
func unlike(p pitfall.Pitfall, which pitfall.Which, s pitfall.Seen) string {
	forbidden, fine := s.Sum(pitfall.Forbidden), s.Sum(pitfall.Expected)+s.Sum(pitfall.Allowed)
	switch {
	case which == pitfall.Broken && p.Class == pitfall.Count && !p.Breaks.Has(float64(forbidden)):
		return fmt.Sprintf("%d outcomes are forbidden, and should be %s", forbidden, p.Breaks)
	case which == pitfall.Fixed && forbidden > 0:
		return fmt.Sprintf("%d outcomes are forbidden, and should be 0", forbidden)
	case which == pitfall.Fixed && fine != p.Work:
		return fmt.Sprintf("%d pieces of work ended as promised, not %d", fine, p.Work)
	case p.Class.Timed() && s.Took <= 0:
		return fmt.Sprintf("it took %v", s.Took)
	}
	return ""
}

// What one run can tell is told.
func TestUnlike(t *testing.T) {
	count := pitfall.Pitfall{Class: pitfall.Count, Breaks: pitfall.Exactly(3), Work: 10}
	timed := pitfall.Pitfall{Class: pitfall.Wait, Breaks: pitfall.AtLeast(5), Work: 10}
	seen := func(expected, forbidden int, took time.Duration) pitfall.Seen {
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{Verdict: pitfall.Expected, Count: expected}, {Verdict: pitfall.Forbidden, Count: forbidden},
		}}
	}
	for name, test := range map[string]struct {
		p     pitfall.Pitfall
		which pitfall.Which
		seen  pitfall.Seen
		want  string
	}{
		"breaks":        {count, pitfall.Broken, seen(7, 3, 0), ""},
		"does not":      {count, pitfall.Broken, seen(10, 0, 0), "0 outcomes are forbidden, and should be 3"},
		"holds":         {count, pitfall.Fixed, seen(10, 0, 0), ""},
		"does nothing":  {count, pitfall.Fixed, seen(0, 0, 0), "0 pieces of work"},
		"is not fixed":  {count, pitfall.Fixed, seen(9, 1, 0), "1 outcomes are forbidden"},
		"takes time":    {timed, pitfall.Broken, seen(10, 0, 1), ""},
		"takes no time": {timed, pitfall.Broken, seen(10, 0, 0), "it took 0s"},
	} {
		if got := unlike(test.p, test.which, test.seen); test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
