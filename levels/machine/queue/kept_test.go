package queue_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// Outcomes of plain jobs are kept by the handful: each is found, whatever lies
// beside it, and all are counted.
func TestKeptTogether(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{Shards: 2})
		w := r.worker(q, queue.WorkerConfig{Concurrency: 50})
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) {
			if strings.HasSuffix(s, "fails") {
				return "", queue.Fatal(errEnough)
			}
			return s, nil
		})
		var ins []string
		for i := range 300 { // more than a group has
			ins = append(ins, strings.Repeat("a b\n7 9 o", i)) // up to 2.7 kB: some are too long for a bag
		}
		ins[100] += "fails"
		jobs, err := echo.EnqueueMany(r.Context(), q, ins, queue.KeepFor(time.Hour))
		if err != nil {
			r.Fatal(err)
		}
		early := in(func() (string, error) { return jobs[7].Job.Wait(r.Context()) }) // it may wait before the job ends
		r.work(w)
		r.eventually("all have ended", func() bool { c := r.counters(q); return c.Done == 299 && c.Dead == 1 })
		if got := get(r, "the job", early); got.v != ins[7] || got.err != nil {
			r.Errorf("job 7 returns %q, %v", got.v, got.err)
		}
		for i, j := range jobs {
			if i == 100 {
				continue
			}
			if got, err := queue.Find[string](q, j.Job.ID).Wait(r.Context()); got != ins[i] || err != nil {
				r.Errorf("job %d returns %.40q, %v", i, got, err)
			}
		}
		info, err := q.Info(r.Context())
		if err != nil || info.Kept != 299 || info.Dead != 1 {
			r.Errorf("%d are kept and %d dead, %v, want 299 and 1", info.Kept, info.Dead, err)
		}
		if _, err := q.DropAll(r.Context()); err != nil {
			r.Error(err)
		}
	})
}

// Jobs that are kept for different times share nothing: the one's end is not the
// other's.
func TestKeptForDifferentTimes(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Lease: 300 * time.Millisecond})
		queue.Handle(w, double, doubles)
		r.work(w)
		var long, short []*queue.Job[int]
		for i := range 10 {
			for _, k := range []struct {
				jobs *[]*queue.Job[int]
				keep time.Duration
			}{{&long, time.Hour}, {&short, 100 * time.Millisecond}} {
				j, err := double.Enqueue(r.Context(), q, i, queue.KeepFor(k.keep))
				if err != nil {
					r.Fatal(err)
				}
				*k.jobs = append(*k.jobs, j)
			}
		}
		r.eventually("the short ones are forgotten", func() bool {
			return r.counters(q).Done == 20 && !slices.ContainsFunc(short, func(j *queue.Job[int]) bool {
				s, err := j.Status(r.Context())
				return err != nil || s != queue.Unknown
			})
		})
		for i, j := range long {
			if got, err := j.Wait(r.Context()); got != 2*i || err != nil {
				r.Errorf("job %d returns %d, %v", i, got, err)
			}
		}
		if info, err := q.Info(r.Context()); err != nil || info.Kept != 10 {
			r.Errorf("%d are kept, %v, want 10", info.Kept, err)
		}
	})
}

// Jobs that keep nothing do not tear apart those that do: the keys are few.
func TestKeptAmongCalls(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		const jobs = 100
		for i := range jobs {
			if _, err := double.Call(r.Context(), q, i); err != nil {
				r.Fatal(err)
			}
			if _, err := double.Enqueue(r.Context(), q, i, queue.KeepFor(time.Hour+time.Duration(i%2)*time.Minute)); err != nil {
				r.Fatal(err)
			}
		}
		r.eventually("all are done", func() bool { return w.Stats().Done == 2*jobs })
		r.eventually("all are kept", func() bool { info, err := q.Info(r.Context()); return err == nil && info.Kept == jobs })
		groups := 0
		for _, key := range r.keys() {
			if strings.Contains(key, "}:kept:") {
				groups++
			}
		}
		if groups != 2 {
			r.Errorf("%d jobs of two kinds are kept in %d groups, want 2", jobs, groups)
		}
	})
}
