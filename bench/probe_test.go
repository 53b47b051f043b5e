package bench_test

import (
	"context"
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// probeTime gives the largest tasks that are tried. If they compute, a level takes about
// that long for a batch of them, at its best, and the peaks before and after take some
// milliseconds more. If they wait, it is the wait of one: a batch is four times what the
// level can have in flight, and takes four times that.
const probeTime = 40 * time.Millisecond

// computes makes the hunt one for rounds of computing. A probe measures the peak, runs a
// batch through the level, and measures the peak again: whatever slows the processors
// for longer than that slows both, and their ratio stays.
//
// The peak is the rate of one long chain on each processor, as Task Bench's is that of
// its largest tasks. The same tasks called one by one from a loop would be none: their
// 4096 outputs are allocated too, and chains that are short enough overlap.
//
// All processors count, also for a level that cannot use them: a serial one is never at
// half of the peak of three. BenchmarkThroughput asks another question, how well a level
// uses those that it may use, and counts only these.
func (h *hunt) computes(l levels.Level, j *job, n int) {
	cores := float64(runtime.GOMAXPROCS(0))
	h.lo, h.whole, h.unit = 1, true, math.Inf(1)
	h.hi = float64(probeTime) / float64(j.alone()) * float64(bench.Grain(j.work, 0)) * cores / float64(n)
	h.probe = func(grain float64) (float64, error) {
		tasks := mixed(j.work, grain, n)
		share := grain * float64(n) / cores // of a processor
		before, quick, err := peak(j.work, share)
		if err != nil {
			return 0, err
		}
		start := time.Now()
		results := l.Run(world.ctx, tasks)
		took := time.Since(start)
		after, again, err := peak(j.work, share)
		if err != nil {
			return 0, err
		}
		h.unit = min(h.unit, quick, again)
		return share * (before + after) / 2 / float64(took), right(j.work, tasks, results)
	}
}

// mixed makes n tasks with grain rounds in the mean, which may be a fraction: some have
// one round more than others.
func mixed(w workload.Workload, grain float64, n int) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		if i < w.Distinct {
			tasks[i] = w.Task(i, max(1, int(grain*float64(i+1))-int(grain*float64(i))))
		} else {
			tasks[i] = tasks[i-w.Distinct]
		}
	}
	return tasks
}

// peak is how many nanoseconds a round takes with all processors at work, measured for
// about so many on each, but at least half a millisecond, and on the quickest of them.
// They begin together: a processor that is idle takes a while to wake, which is nothing
// that tasks cost.
func peak(w workload.Workload, share float64) (perRound, quickest float64, err error) {
	const least, most = 18, 21 // powers of two, so that few outputs have to be checked
	rounds := 1 << min(max(int(math.Log2(share)), least), most)
	run, cores := workload.Funcs()[w.Name], runtime.GOMAXPROCS(0)
	tasks, results, starts := make([]levels.Task, cores), make([]levels.Result, cores), make([]time.Time, cores)
	took := make([]time.Duration, cores)
	var ready atomic.Int64
	var wg sync.WaitGroup
	for i := range tasks {
		tasks[i] = w.Task(i, rounds)
		wg.Go(func() {
			for ready.Add(1); ready.Load() < int64(cores); {
				runtime.Gosched()
			}
			starts[i] = time.Now()
			results[i].Output, results[i].Err = run(context.Background(), tasks[i].Input)
			took[i] = time.Since(starts[i])
		})
	}
	wg.Wait()
	all := time.Since(slices.MinFunc(starts, time.Time.Compare))
	return float64(all) / float64(rounds), float64(slices.Min(took)) / float64(rounds), right(w, tasks, results)
}

// waits makes the hunt one for waits. The ideal schedule needs no measuring: it is a
// number. At 256 in flight it is not only the level that falls behind but also the
// origin, which shares the processors with it and sees thousands of requests a second.
func (h *hunt) waits(l levels.Level, c bench.Cell) {
	h.lo, h.hi, h.unit = 1e4, float64(probeTime), 1
	h.probe = func(grain float64) (float64, error) {
		env := world.env
		env.Latency = time.Duration(grain)
		w, err := workload.Find(c.Work, env)
		if err != nil {
			return 0, err
		}
		tasks := mixed(w, 1, c.Tasks(w))
		start := time.Now()
		results := l.Run(world.ctx, tasks)
		took := time.Since(start)
		ideal := grain * float64(len(tasks)) / float64(c.Spec.AtOnce())
		return ideal / float64(took), right(w, tasks, results)
	}
}

// right says whether each task has its one right result.
func right(w workload.Workload, tasks []levels.Task, results []levels.Result) error {
	if len(results) != len(tasks) {
		return errors.New("not one result for each task")
	}
	for i, r := range results {
		if r.Err != nil {
			return r.Err
		}
		if err := w.Check(tasks[i].Input, r.Output); err != nil {
			return err
		}
	}
	return nil
}

// A level that costs so much a task is found to.
func TestHunt(t *testing.T) {
	for _, overhead := range []float64{3, 1000} {
		h := &hunt{lo: 1, hi: 1e6, unit: 2, whole: true, probe: func(g float64) (float64, error) { return g / (g + overhead), nil }}
		for target, want := range map[float64]float64{0.5: overhead, 0.9: 9 * overhead} {
			c, err := h.find(target, time.Millisecond)
			if err != nil || math.Abs(c.Grain/want-1) > 0.01 {
				t.Errorf("overhead %v, target %v: have %+v, %v, want %v", overhead, target, c, err, want)
			}
		}
	}
}

// At the smallest tasks a METG is at most what they take, and at the largest there is none.
func TestSizeAtTheBounds(t *testing.T) {
	for _, test := range []struct {
		name     string
		overhead float64
		want     float64 // 0 means none
	}{{"below", 0.1, 2 * 2 / 0.5}, {"above", 1e7, 0}} {
		h := &hunt{lo: 2, hi: 1e6, unit: 2, whole: true, probe: func(g float64) (float64, error) { return g / (g + test.overhead), nil }}
		c, err := h.find(0.5, time.Millisecond)
		if have, ok := h.size(c); err != nil || ok != (test.want > 0) || have != test.want {
			t.Errorf("%s: have %v, %v, %v, want %v", test.name, have, ok, err, test.want)
		}
	}
}
