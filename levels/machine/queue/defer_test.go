package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// Jobs come in the order in which they are due, and not before, by Redis' clock.
func TestDeferred(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Concurrency: 1})
		now := r.now()
		order := make(chan string, 4)
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { order <- s; return s, nil })
		for _, j := range []struct {
			name string
			opt  queue.Option
		}{
			{"last", queue.At(now.Add(600 * time.Millisecond))},
			{"second", queue.In(200 * time.Millisecond)},
			{"third", queue.At(now.Add(400 * time.Millisecond))},
			{"first", queue.At(now.Add(-time.Hour))},
		} {
			job, err := echo.Enqueue(r.Context(), q, j.name, j.opt, queue.KeepFor(time.Minute))
			if err != nil {
				r.Fatal(err)
			}
			defer job.Wait(r.Context())
		}
		r.work(w)
		for _, want := range []string{"first", "second", "third", "last"} {
			if got := get(r, want, order); got != want {
				r.Errorf("%s runs, want %s", got, want)
			}
		}
		if d := r.now().Sub(now); d < 600*time.Millisecond {
			r.Errorf("all have run after %v", d)
		}
	})
}

// A worker that has nothing to do is woken for what is due next, even if that
// comes after what was deferred for longer.
func TestDeferredWakes(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Lease: time.Hour})
		queue.Handle(w, double, doubles)
		r.work(w)
		if _, err := double.Call(r.Context(), q, 1); err != nil { // so that it is idle
			r.Fatal(err)
		}
		later, err := double.Enqueue(r.Context(), q, 1, queue.In(time.Hour))
		if err != nil {
			r.Fatal(err)
		}
		if got, err := double.Call(r.Context(), q, 2, queue.In(100*time.Millisecond)); got != 4 || err != nil {
			r.Errorf("%d, %v", got, err)
		}
		if ok, err := later.Abort(r.Context()); !ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
	})
}

// What has not begun in time does not begin.
func TestExpires(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		soon := queue.Expires(time.Millisecond)
		plain, _ := double.Enqueue(r.Context(), q, 1, soon, queue.KeepFor(time.Minute))
		tracked, err := double.Enqueue(r.Context(), q, 1, soon, queue.ID("job"), queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		call := in(func() (int, error) { return double.Call(r.Context(), q, 1, soon) })
		r.eventually("all are there", func() bool { return r.waiting() == 3 })
		r.pass(5 * time.Millisecond)
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, func(context.Context, int) (int, error) { r.Error("a job runs"); return 0, nil })
		r.work(w)
		for _, job := range []*queue.Job[int]{plain, tracked} {
			if got, err := job.Wait(r.Context()); !errors.Is(err, queue.ErrExpired) {
				r.Errorf("job %s: %d, %v, want %v", job.ID, got, err, queue.ErrExpired)
			}
		}
		if got := get(r, "the call", call); !errors.Is(got.err, queue.ErrExpired) {
			r.Errorf("the call: %d, %v, want %v", got.v, got.err, queue.ErrExpired)
		}
	})
}

// A deferred job's time to begin counts from when it is due.
func TestExpiresOfDeferred(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		at := r.now()
		const d = 800 * time.Millisecond
		for name, opt := range map[string]queue.Option{"In": queue.In(d), "At": queue.At(at.Add(d))} {
			if got, err := double.Call(r.Context(), q, 1, opt, queue.Expires(700*time.Millisecond)); got != 2 || err != nil {
				r.Errorf("%s: %d, %v", name, got, err)
			}
		}
	})
}

// A job that fails and is not tried again in time has expired too.
func TestExpiresBetweenTries(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, func(context.Context, int) (int, error) {
			return 0, queue.Retry(errEnough, 600*time.Millisecond)
		})
		r.work(w)
		if got, err := double.Call(r.Context(), q, 1, queue.Expires(500*time.Millisecond)); !errors.Is(err, queue.ErrExpired) {
			r.Errorf("%d, %v, want %v", got, err, queue.ErrExpired)
		}
	})
}

// A result is kept for at least as long as was said, and not much longer.
func TestKeepFor(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Lease: 300 * time.Millisecond})
		queue.Handle(w, double, doubles)
		r.work(w)
		const kept = 300 * time.Millisecond
		job, err := double.Enqueue(r.Context(), q, 1, queue.KeepFor(kept))
		if err != nil {
			r.Fatal(err)
		}
		enqueued := r.now()
		if got, err := job.Wait(r.Context()); got != 2 || err != nil {
			r.Fatalf("%d, %v", got, err)
		}
		var sweeped time.Time
		r.eventually("it is forgotten", func() bool {
			s, _ := job.Status(r.Context())
			sweeped = r.now()
			return s == queue.Unknown
		})
		if d := sweeped.Sub(enqueued); d < kept {
			r.Errorf("it was kept for less than %v, want %v", d, kept)
		}
		r.eventually("no key is left of it", func() bool {
			return r.rdb.Exists(r.Context(), r.key("done"), r.key("exp"), r.key("kept")).Val() == 0
		})
	})
}
