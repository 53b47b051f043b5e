package bench_test

import (
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/load"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// latency says how long a task takes that has the level to itself.
func latency(b *testing.B, c bench.Cell, w workload.Workload) {
	l, j := open(b, c), newJob(c, w, c.Tasks(w))
	j.warmUp(b, l)
	h := load.NewHistogram()
	i := 0
	one := func() {
		task := j.tasks[i%len(j.tasks)]
		i++
		start := time.Now()
		results := l.Run(world.ctx, []levels.Task{task})
		load.Record(h, time.Since(start))
		j.check(b, []levels.Task{task}, results)
	}
	for b.Loop() {
		one()
	}
	// Slow tasks need more than the usual time. A p99 of so few is the luck of one or
	// two calls: it is for reports, which show the median of such numbers, and only where
	// six rounds hold a thousand latencies between them.
	const enough = 175
	for start := time.Now(); i < enough && time.Since(start) < time.Second; {
		one()
	}
	for unit, p := range map[string]float64{"p50-ns": 50, "p90-ns": 90, "p99-ns": 99} {
		b.ReportMetric(float64(h.ValueAtPercentile(p)), unit)
	}
	b.ReportMetric(h.Mean(), "ns/op")
	b.ReportMetric(float64(h.TotalCount()), "latencies")
	j.report(b)
}
