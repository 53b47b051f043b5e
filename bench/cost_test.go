package bench_test

import (
	"errors"
	"runtime"
	"testing"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// BenchmarkCost counts what a lone task costs: allocations of the caller, and with
// machines the bytes between it and them, and the commands that Redis gets. All are
// medians over 200 tasks or more, handed over one after the other: what the runtime does
// on the side is in few of them. So the counts are whole numbers that another run gives
// again, unlike times. With the empty workload it also tells what memory a task holds
// that waits: see [inFlight].
func BenchmarkCost(b *testing.B) { each(b, "cost", 0, cost) }

func cost(b *testing.B, c bench.Cell, w workload.Workload) {
	l, j := open(b, c), newJob(c, w, 0)
	j.warmUp(b, l)
	t := &tally{l: l, counts: map[string][]float64{}, before: map[string]int64{}}
	b.ReportAllocs() // or go test leaves out what is said of them below
	i := 0
	one := func() {
		if err := t.count(func() error { return j.one(l, i) }); err != nil {
			b.Fatalf("task %d: %v", i, err)
		}
		i++
	}
	for b.Loop() {
		one()
	}
	for i < 200 {
		one()
	}
	for unit, counts := range t.counts {
		b.ReportMetric(stat.Median(counts), unit)
	}
	b.ReportMetric(0, "lost/op") // or it had failed
	b.ReportMetric(0, "dup/op")
	b.ReportMetric(0, "ns/op") // counting takes longer than the task
	if bytes, ok := inFlight(b, c); ok && c.Work == "empty" {
		b.ReportMetric(bytes, "inflight-B/task")
	}
	j.report(b)
}

// A tally counts what tasks cost, by unit.
type tally struct {
	l      *fleet.Fleet
	counts map[string][]float64
	before map[string]int64 // of counters that go on
}

// count adds what one call cost. What goes on after the last call, in machines, counts
// with the next: the same for each.
func (t *tally) count(call func() error) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := call()
	runtime.ReadMemStats(&after)
	t.add("allocs/op", float64(after.Mallocs-before.Mallocs))
	t.add("B/op", float64(after.TotalAlloc-before.TotalAlloc))
	if n, ok := t.l.Traffic(); ok {
		t.since("wire-B/op", n)
	}
	n, ok, uncounted := t.l.Commands(world.ctx)
	switch {
	case errors.Is(uncounted, fleet.ErrUncounted):
	case uncounted != nil:
		return errors.Join(err, uncounted)
	case ok:
		t.since("redis-cmds/op", n)
	}
	return err
}

func (t *tally) add(unit string, n float64) { t.counts[unit] = append(t.counts[unit], n) }

func (t *tally) since(unit string, n int64) {
	if before, ok := t.before[unit]; ok {
		t.add(unit, float64(n-before))
	}
	t.before[unit] = n
}
