package bench_test

import (
	"context"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// throughput says what a level does at its best, and what that uses.
func throughput(b *testing.B, c bench.Cell, w workload.Workload) {
	if *burdenFlag < 0 || *burdenFlag > 100 {
		b.Fatalf("-burden %d: want a percentage from 0 to 100", *burdenFlag)
	}
	l, j := open(b, c), newJob(c, w, c.Tasks(w))
	j.warmUp(b, l)
	n := c.Tasks(w)
	// The burden is part of the batch, and of all costs: a level that is that much
	// slower.
	tasks := append(j.tasks[:n:n], j.tasks[:burden(n)]...)
	alone := j.alone()
	tree := usage.NewTree(exclude()...)
	var wall, cpu time.Duration
	ran, counted := 0, true
	gc, own := collector()
	for b.Loop() {
		used, known := tree.CPU()
		start := time.Now()
		results := l.Run(world.ctx, tasks)
		wall += time.Since(start)
		now, ok := tree.CPU()
		cpu, counted = cpu+now-used, counted && known && ok
		ran += n
		j.check(b, tasks, results)
	}
	rate := float64(ran) / wall.Seconds()
	b.ReportMetric(float64(wall)/float64(ran), "ns/op") // op is a task, not a batch
	b.ReportMetric(rate, "tasks/s")
	if counted {
		b.ReportMetric(float64(cpu)/float64(ran), "cpu-ns/op")
	}
	gcNow, ownNow := collector()
	b.ReportMetric(100*(gcNow-gc)/max(ownNow-own, 1e-9), "gc-cpu-%")
	if alone > 0 {
		cores := min(runtime.GOMAXPROCS(0), c.Spec.AtOnce())
		b.ReportMetric(100*rate*min(alone, j.alone()).Seconds()/float64(cores), "efficiency-%")
	}
	if peak, ok := tree.PeakRSS(); ok {
		b.ReportMetric(float64(peak), "peak-RSS-bytes")
	}
	j.report(b)
}

// burden is how many of n tasks are run twice: at least one, if there is a burden.
func burden(n int) int {
	if *burdenFlag == 0 {
		return 0
	}
	return max(n**burdenFlag/100, 1)
}

// alone is how long a task of computing takes when nothing else is done: the least of
// about two milliseconds' worth, since a disturbance only makes it longer. It is asked
// before and after, as processors change their speed. 0 means that tasks do not compute,
// or not all the same.
//
// The clock is read once for 200 microseconds of tasks or more: read after each, it would
// be a good part of what the smallest take.
func (j *job) alone() time.Duration {
	if j.work.Name != "cpu" {
		return 0
	}
	least, run, n := time.Duration(0), workload.Funcs()[j.work.Name], 1
	for begin := time.Now(); least == 0 || time.Since(begin) < 2*time.Millisecond; {
		start := time.Now()
		for i := range n {
			run(context.Background(), j.tasks[i%len(j.tasks)].Input)
		}
		took := time.Since(start)
		if took < 200*time.Microsecond {
			n *= 2
			continue
		}
		if each := took / time.Duration(n); least == 0 || each < least {
			least = each
		}
	}
	return least
}

// collector is the processor time of this process, in seconds, that went to the garbage
// collector, and that went anywhere, until the end of the last collection: it is only
// then that the runtime adds them up. So the checks are in it, and without a collection
// both stand still.
func collector() (gc, all float64) {
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}, {Name: "/cpu/classes/idle:cpu-seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64(), s[1].Value.Float64() - s[2].Value.Float64()
}

// A burden that is lost in a small batch would be a slow-down that nobody can find.
func TestBurden(t *testing.T) {
	defer func(was int) { *burdenFlag = was }(*burdenFlag)
	for _, test := range []struct{ percent, tasks, want int }{{0, 256, 0}, {10, 256, 25}, {10, 5, 1}, {100, 5, 5}} {
		*burdenFlag = test.percent
		if have := burden(test.tasks); have != test.want {
			t.Errorf("%+v: have %d", test, have)
		}
	}
}
