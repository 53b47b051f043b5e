package queue_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// What waits does not start once it is aborted, and whoever waits for it is told.
func TestAbort(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		for name, opt := range map[string]queue.Option{"queued": queue.Track(), "deferred": queue.In(time.Hour)} {
			job, err := double.Enqueue(r.Context(), q, 1, opt)
			if err != nil {
				r.Fatal(err)
			}
			wait := in(func() (int, error) { return job.Wait(r.Context()) })
			r.eventually("the client is put down", func() bool { return r.watchers(job.ID) == 1 })
			for _, want := range []bool{true, false} {
				if ok, err := queue.Find[int](q, job.ID).Abort(r.Context()); ok != want || err != nil {
					r.Errorf("%s: abort: %v, %v, want %v", name, ok, err, want)
				}
			}
			if got := get(r, "the wait", wait); !errors.Is(got.err, queue.ErrAborted) {
				r.Errorf("%s: %d, %v, want %v", name, got.v, got.err, queue.ErrAborted)
			}
		}
		r.drop()
	})
}

// What runs is told by its ctx; if it pays no heed, its end counts all the same.
func TestAbortOfRunning(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		r.work(w)
		for _, heed := range []bool{true, false} {
			job, err := echo.Enqueue(r.Context(), q, "job", queue.Track(), queue.KeepFor(time.Minute))
			if err != nil {
				r.Fatal(err)
			}
			h := get(r, "the job", jobs)
			if !heed {
				h.release <- "done"
				r.eventually("it ends", func() bool { s, _ := job.Status(r.Context()); return s == queue.Done })
			}
			if ok, err := job.Abort(r.Context()); ok != heed || err != nil {
				r.Errorf("abort: %v, %v, want %v", ok, err, heed)
			}
			if heed {
				get(r, "the end of its ctx", h.ctx.Done())
				if cause := context.Cause(h.ctx); !errors.Is(cause, queue.ErrAborted) {
					r.Errorf("cause %v, want %v", cause, queue.ErrAborted)
				}
				h.release <- "stopped"
			}
			if _, err := job.Wait(r.Context()); errors.Is(err, queue.ErrAborted) != heed {
				r.Errorf("wait: %v, want aborted: %v", err, heed)
			}
		}
	})
}

// The dead stay dead letters.
func TestAbortOfDead(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		job, err := double.Enqueue(r.Context(), q, 1, queue.Track(), queue.MaxTries(1))
		if err != nil {
			r.Fatal(err)
		}
		w := r.worker(q, queue.WorkerConfig{Burst: true})
		queue.Handle(w, double, func(context.Context, int) (int, error) { return 0, errEnough })
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		if ok, err := job.Abort(r.Context()); ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
		if s, err := job.Status(r.Context()); s != queue.Dead || err != nil {
			r.Errorf("status %s, %v, want %s", s, err, queue.Dead)
		}
	})
}

// A caller that leaves takes its jobs along: those that wait do not start, and
// those that run are told.
func TestCallerLeaves(t *testing.T) {
	each(t, func(r *rig) {
		for _, opts := range [][]queue.Option{nil, {queue.IDs("a", "b", "c")}} {
			w := r.worker(r.open(queue.Config{}), queue.WorkerConfig{Concurrency: 1})
			handler, jobs := r.hold()
			queue.Handle(w, echo, handler)
			stop := r.work(w)
			q := r.open(queue.Config{})
			ctx, cancel := context.WithCancelCause(r.Context())
			done := in(func() (int, error) {
				n := 0
				payloads := [][]byte{[]byte(`"runs"`), []byte(`"waits"`), []byte(`"waits"`)}
				return n, q.CallMany(ctx, "echo", payloads, func(int, []byte, error) { n++ }, opts...)
			})
			job := get(r, "the first job", jobs)
			cancel(errEnough)
			if got := get(r, "the call", done); got.v != 0 || !errors.Is(got.err, errEnough) {
				r.Errorf("%d results, %v, want %v", got.v, got.err, errEnough)
			}
			get(r, "the end of the job's ctx", job.ctx.Done())
			if cause := context.Cause(job.ctx); !errors.Is(cause, queue.ErrAborted) {
				r.Errorf("cause %v, want %v", cause, queue.ErrAborted)
			}
			job.release <- "too late"
			next := in(func() (string, error) { return echo.Call(r.Context(), q, "next") })
			h := get(r, "the next job", jobs)
			if h.in != "next" {
				r.Errorf("a job that waited has started: %q", h.in)
			}
			h.release <- "next"
			if got := get(r, "the next call", next); got.v != "next" || got.err != nil {
				r.Errorf("%q, %v", got.v, got.err)
			}
			stop()
		}
	})
}

// Callers leave at any moment. Whatever they left behind does not run on: no job
// waits for more than its ctx.
func TestCallersLeaveAtAnyMoment(t *testing.T) {
	each(t, func(r *rig) {
		w := r.worker(r.open(queue.Config{}), queue.WorkerConfig{Concurrency: 50})
		var running atomic.Int64
		queue.Handle(w, echo, func(ctx context.Context, _ string) (string, error) {
			running.Add(1)
			defer running.Add(-1)
			<-ctx.Done()
			return "", ctx.Err()
		})
		stop := r.work(w)
		q := r.open(queue.Config{})
		var calls []<-chan result[string]
		for i := range 40 {
			ctx, cancel := context.WithTimeoutCause(r.Context(), time.Duration(i)*100*time.Microsecond, errEnough)
			defer cancel()
			calls = append(calls, in(func() (string, error) { return echo.Call(ctx, q, "job") }))
		}
		for _, c := range calls {
			if got := get(r, "a call", c); !errors.Is(got.err, errEnough) {
				r.Errorf("%q, %v, want %v", got.v, got.err, errEnough)
			}
		}
		r.eventually("all is over", func() bool {
			info := r.stands(q)
			return info.Ready+info.Running == 0 && running.Load() == 0 // what is claimed may not have begun
		})
		stop() // before the callers' queue is closed, which nobody would read from any more
	})
}
