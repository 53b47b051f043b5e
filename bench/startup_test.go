package bench_test

import (
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// BenchmarkStartup opens a level, runs one task, and closes it again. From nothing means
// just that: workers are started, and for the queue a Redis too, unless one is given. It
// reports the medians of three times, or more.
func BenchmarkStartup(b *testing.B) { each(b, "startup", 0, startup) }

func startup(b *testing.B, c bench.Cell, w workload.Workload) {
	j := newJob(c, w, 0)
	var starts, closes []float64
	once := func() {
		start := time.Now()
		l, err := fleet.Open(world.ctx, c.Spec, configOf(c))
		if err != nil {
			b.Fatal(err)
		}
		results := l.Run(world.ctx, j.tasks[:1])
		starts = append(starts, float64(time.Since(start)))
		defer l.Close() // if a check fails; else it is closed already
		j.check(b, j.tasks[:1], results)
		j.warmUp(b, l) // for the checksum
		noteFaults(b, l)
		start = time.Now()
		if err := l.Close(); err != nil {
			b.Fatalf("close the level: %v", err)
		}
		closes = append(closes, float64(time.Since(start)))
	}
	for b.Loop() {
		once()
	}
	for len(starts) < 3 {
		once()
	}
	b.ReportMetric(stat.Median(starts), "startup-ns")
	b.ReportMetric(stat.Median(closes), "close-ns")
	b.ReportMetric(0, "ns/op") // the two together
	j.report(b)
}
