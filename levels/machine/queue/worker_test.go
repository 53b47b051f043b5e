package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A worker takes what it can start, and leaves the rest to others: in Redis as
// many jobs are taken as run.
func TestConcurrency(t *testing.T) {
	each(t, func(r *rig) {
		const most, all = 3, 20
		q := r.open(queue.Config{})
		var p peak
		w := r.worker(q, queue.WorkerConfig{Concurrency: most})
		enter, leave := make(chan struct{}), make(chan struct{})
		queue.Handle(w, double, func(context.Context, int) (int, error) {
			defer p.enter()()
			enter <- struct{}{}
			<-leave
			return 0, nil
		})
		if _, err := double.EnqueueMany(r.Context(), q, make([]int, all)); err != nil {
			r.Fatal(err)
		}
		r.work(w)
		for range most {
			get(r, "a job", enter)
		}
		for begun := most; begun <= all; begun++ {
			if waiting := r.waiting(); waiting != int64(all-begun) {
				r.Errorf("%d jobs have begun, and %d of %d wait in Redis", begun, waiting, all)
			}
			leave <- struct{}{}
			if begun < all {
				get(r, "the next job", enter)
			}
		}
		for range most - 1 {
			leave <- struct{}{}
		}
		r.eventually("all are done", func() bool { return w.Stats().Done == all })
		if p.most != most {
			r.Errorf("%d jobs ran at once, want %d", p.most, most)
		}
	})
}

// A peak is how many were inside at once.
type peak struct {
	mu        sync.Mutex
	now, most int
}

func (p *peak) enter() (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now++
	p.most = max(p.most, p.now)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.now--
	}
}

// The places are those of all queues together, however jobs come.
func TestConcurrencyOfManyQueues(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{Shards: 2})
		other, err := q.Named(r.Name + "-other")
		if err != nil {
			r.Fatal(err)
		}
		defer other.Close()
		var p peak
		w := r.worker(q, queue.WorkerConfig{Concurrency: 4})
		w.Also(other, 2)
		queue.Handle(w, double, func(_ context.Context, n int) (int, error) {
			defer p.enter()()
			time.Sleep(time.Duration(n%3) * 100 * time.Microsecond)
			return 2 * n, nil
		})
		stop := r.work(w)
		var callers sync.WaitGroup
		var failed atomic.Int64
		for i := range 300 {
			callers.Go(func() {
				if got, err := double.Call(r.Context(), []*queue.Queue{q, other}[i%2], i); got != 2*i || err != nil {
					failed.Add(1)
				}
			})
		}
		callers.Wait()
		stop()
		if n := failed.Load(); n > 0 {
			r.Errorf("%d of 300 calls have failed", n)
		}
		if p.most > 4 {
			r.Errorf("%d jobs ran at once, want 4 at most", p.most)
		}
	})
}

// A log of what happened, in its order.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(line string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line)
}

func (j *journal) note(line string) queue.Middleware {
	return func(next queue.Handler) queue.Handler {
		return func(ctx context.Context, a *queue.Attempt) ([]byte, error) {
			j.add(line + " in")
			defer j.add(line + " out")
			return next(ctx, a)
		}
	}
}

// What surrounds a job comes in its order, and knows of it.
func TestHooks(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		var j journal
		w := r.worker(q, queue.WorkerConfig{
			Concurrency: 1,
			Startup:     func(context.Context) error { j.add("startup"); return nil },
			Shutdown:    func(ctx context.Context) { j.add(fmt.Sprint("shutdown ", ctx.Err())) },
			Before: func(ctx context.Context, a *queue.Attempt) {
				j.add(fmt.Sprint("before ", a.Task, " ", queue.AttemptOf(ctx) == a))
			},
			After: func(a *queue.Attempt, end queue.End) {
				j.add(fmt.Sprint("after ", a.Task, " ", end.Next, " ", end.Err, " ", end.Took > 0))
			},
		})
		w.Use(j.note("outer"), j.note("middle"))
		w.Use(j.note("inner"))
		queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) { j.add("job"); return s, nil })
		queue.Handle(w, double, func(ctx context.Context, n int) (int, error) { j.add("job"); return 0, queue.Fatal(errEnough) })
		stop := r.work(w)
		if _, err := echo.Call(r.Context(), q, ""); err != nil {
			r.Error(err)
		}
		if _, err := double.Call(r.Context(), q, 1); !errors.Is(err, queue.ErrDead) {
			r.Error(err)
		}
		stop()
		job := "before %s true/outer in/middle in/inner in/job/inner out/middle out/outer out/after %[1]s %s true"
		want := strings.Join([]string{"startup", fmt.Sprintf(job, "echo", "done <nil>"), fmt.Sprintf(job, "double", "dead "+errEnough.Error()), "shutdown <nil>"}, "/")
		if got := strings.Join(j.lines, "/"); got != want {
			r.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// A handler knows what it tries.
func TestAttempt(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		seen := make(chan queue.Attempt, 1)
		queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			seen <- *queue.AttemptOf(ctx)
			return s, nil
		})
		r.work(w)
		before := r.now()
		if _, err := echo.Call(r.Context(), q, "in", queue.ID("job"), queue.MaxTries(7)); err != nil {
			r.Fatal(err)
		}
		a := get(r, "the job", seen)
		enqueued := a.Enqueued
		a.Enqueued = time.Time{}
		if got, want := fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", queue.Attempt{ID: "job", Task: "echo", Queue: r.Name, Try: 1, MaxTries: 7, Payload: []byte(`"in"`)}); got != want {
			r.Errorf("got  %s\nwant %s", got, want)
		}
		if d := enqueued.Sub(before); d < -time.Second || d > time.Minute {
			r.Errorf("enqueued %v after it was", d)
		}
		if a := queue.AttemptOf(r.Context()); a != nil {
			r.Errorf("outside of jobs: %+v, want nil", a)
		}
	})
}
