package bench_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/catalogue"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/workload"
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
		_, name, _ := strings.Cut(c.Names(workload.Workload{})[0], "/")
		b.Run(name, func(b *testing.B) { fall(b, p, c.Variant) })
	}
}

func fall(b *testing.B, p pitfall.Pitfall, which pitfall.Which) {
	program, err := p.Variant(which)
	if err != nil {
		b.Fatal(err)
	}
	var forbidden, took []float64
	for b.Loop() {
		seen, err := program(world.ctx)
		if err != nil {
			b.Fatal(err)
		}
		if wrong := p.Unlike(which, seen); wrong != "" {
			b.Fatalf("%s of %s: %s", which, p.ID, wrong)
		}
		forbidden = append(forbidden, float64(seen.Sum(pitfall.Forbidden)))
		took = append(took, float64(seen.Took))
	}
	b.ReportMetric(stat.Median(forbidden), "forbidden/op")
	if p.Class.Timed() { // not the least: it would be that of many short runs, beside one long one's
		b.ReportMetric(max(1, stat.Median(took)), "took-ns")
	}
}
