package bench_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/load"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// BenchmarkLoad asks what lone tasks cost under load. A closed loop, with as many
// callers as tasks can be in flight but no more than 64, finds the capacity. Then open
// loops begin tasks at a share of it, whatever became of those before, and time each from
// when it was to begin. All of them use the same level, one after the other.
func BenchmarkLoad(b *testing.B) { each(b, "load", 0, underLoad) }

func underLoad(b *testing.B, c bench.Cell, w workload.Workload) {
	g := &generator{l: open(b, c), j: newJob(c, w, 0), callers: min(c.Spec.AtOnce(), 64)}
	g.j.warmUp(b, g.l)
	b.Run("mode=closed", g.closed)
	for _, percent := range bench.Loads {
		if g.capacity > 0 {
			b.Run(fmt.Sprintf("mode=open/load=%d", percent), func(b *testing.B) { g.open(b, percent) })
		}
	}
}

// A generator makes load for one level.
type generator struct {
	l        *fleet.Fleet
	j        *job
	callers  int
	capacity float64 // tasks a second of the closed loop
}

func (g *generator) op(_ context.Context, _, i int) error { return g.j.one(g.l, i) }

// closed and open run a load for its own duration, which is no shorter than the
// benchtime: so their loops end after one.
func (g *generator) closed(b *testing.B) {
	rate := 0.0
	short := load.Closed{Callers: g.callers, Duration: 30 * time.Millisecond} // and the warm-up
	if r, err := short.Run(world.ctx, g.op); err == nil {
		rate = r.Throughput()
	}
	for b.Loop() {
		r, err := load.Closed{Callers: g.callers, Duration: lasting(rate)}.Run(world.ctx, g.op)
		g.report(b, r, err)
		g.capacity = r.Throughput()
	}
}

func (g *generator) open(b *testing.B, percent int) {
	// One more than there are processors is for the generator. Else it would wait with
	// the tasks for one of Go's, and at 80 % it was late by 30 ms instead of 2.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1))
	rate := g.capacity * float64(percent) / 100
	for b.Loop() {
		o := load.Open{Rate: rate, Duration: lasting(rate), MaxInFlight: 1024, WarmUp: 20 * time.Millisecond, Punctual: true}
		r, err := o.Run(world.ctx, g.op)
		g.report(b, r, err)
		b.ReportMetric(rate, "rate/s")
		b.ReportMetric(float64(r.Dropped)/float64(r.Calls+r.Dropped), "dropped/op")
		percentiles(b, r.Service, map[string]float64{"svc-p50-ns": 50, "svc-p99-ns": 99})
		percentiles(b, r.Lateness, map[string]float64{"sched-lag-p50-ns": 50, "sched-lag-p99-ns": 99})
	}
}

// lasting is the benchtime, or longer if a thousand tasks take longer at that rate: they
// are what a p99 wants. It ends at 1.5 s.
func lasting(rate float64) time.Duration {
	const most = 1500 * time.Millisecond
	return max(benchtime(), min(most, time.Duration(1.1*1000/max(rate, 1)*float64(time.Second))))
}

func (g *generator) report(b *testing.B, r load.Result, err error) {
	if err != nil || r.Errors > 0 {
		b.Fatalf("%d of %d tasks failed, or had a wrong output: %v", r.Errors, r.Calls, err)
	}
	percentiles(b, r.Response, map[string]float64{"p50-ns": 50, "p90-ns": 90, "p99-ns": 99, "p99.9-ns": 99.9})
	b.ReportMetric(r.Response.Mean(), "ns/op")
	b.ReportMetric(r.Throughput(), "tasks/s")
	b.ReportMetric(100*r.Little(), "little-%")
	b.ReportMetric(float64(r.Response.TotalCount()), "latencies")
	g.j.report(b)
	noteFaults(b, g.l) // since it was opened: if the capacity is wrong, so is each share of it
}

// percentiles reports those of the times beyond which there is at least one. That is a
// tenth of what [load.Percentile] asks for: a report shows the median over the rounds, and
// only where they hold enough between them.
func percentiles(b *testing.B, times *hdrhistogram.Histogram, units map[string]float64) {
	for unit, p := range units {
		if float64(times.TotalCount())*(100-p) > 99.9 {
			b.ReportMetric(float64(times.ValueAtPercentile(p)), unit)
		}
	}
}
