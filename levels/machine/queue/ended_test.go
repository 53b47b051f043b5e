package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// ended is a ctx that has ended, with a cause.
func (r *rig) ended() context.Context {
	ctx, cancel := context.WithCancelCause(r.Context())
	cancel(errEnough)
	return ctx
}

// Who comes with a ctx that has ended gets its cause, and leaves nothing.
func TestEndedContext(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		_, callErr := double.Call(r.ended(), q, 1)
		_, enqueueErr := double.Enqueue(r.ended(), q, 1)
		_, manyErr := double.EnqueueMany(r.ended(), q, []int{1, 2})
		tracked, err := double.Enqueue(r.Context(), q, 1, queue.ID("job"))
		if err != nil {
			r.Fatal(err)
		}
		_, waitErr := tracked.Wait(r.ended())
		_, infoErr := tracked.Info(r.ended())
		_, abortErr := tracked.Abort(r.ended())
		for what, err := range map[string]error{"Call": callErr, "Enqueue": enqueueErr, "EnqueueMany": manyErr, "Wait": waitErr, "Info": infoErr, "Abort": abortErr} {
			if !errors.Is(err, errEnough) {
				r.Errorf("%s: err = %v, want %v", what, err, errEnough)
			}
		}
		if n := r.waiting(); n != 1 {
			r.Errorf("%d jobs wait, want one", n)
		}
		if ok, err := tracked.Abort(r.Context()); !ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
		r.drop()
	})
}

// drop empties ready of entries whose job is gone.
func (r *rig) drop() {
	r.Helper()
	w := r.worker(r.open(queue.Config{}), queue.WorkerConfig{Burst: true})
	w.HandleFunc("double", func(_ context.Context, a *queue.Attempt) ([]byte, error) {
		r.Errorf("job %s runs", a.ID)
		return []byte("0"), nil
	})
	if err := w.Run(r.Context()); err != nil {
		r.Error(err)
	}
}

// A call takes along its own job when it ends, and nobody else's of the same id.
func TestCallOfAnothersID(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		r.leaves(results...)
		job, err := double.Enqueue(r.Context(), q, 1, queue.ID("job"), queue.KeepFor(time.Minute)) // or it may be gone before the wait begins
		if err != nil {
			r.Fatal(err)
		}
		if _, err := double.Call(r.ended(), q, 2, queue.ID("job")); err == nil {
			r.Error("the call has a result")
		}
		if s, err := job.Status(r.Context()); s != queue.Queued || err != nil {
			r.Errorf("the job is %s, %v, want it to wait", s, err)
		}
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		done := in(func() (int, error) { return job.Wait(r.Context()) })
		r.work(w)
		if got := get(r, "the job", done); got.v != 2 || got.err != nil {
			r.Errorf("got %d, %v", got.v, got.err)
		}
	})
}

// Close ends what waits, and what comes later is refused.
func TestClose(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		job, err := echo.Enqueue(r.Context(), q, "waits", queue.Track())
		if err != nil {
			r.Fatal(err)
		}
		calls := []<-chan result[string]{
			in(func() (string, error) { return echo.Call(r.Context(), q, "a") }),
			in(func() (string, error) { return job.Wait(r.Context()) }),
		}
		r.eventually("both jobs are there", func() bool { return r.waiting() == 2 })
		for range 2 {
			if err := q.Close(); err != nil {
				r.Error(err)
			}
		}
		late := map[string]error{"the call": get(r, "call", calls[0]).err, "the wait": get(r, "wait", calls[1]).err}
		_, late["a late call"] = echo.Call(r.Context(), q, "late")
		_, late["a late job"] = echo.Enqueue(r.Context(), q, "late")
		_, late["a late wait"] = job.Wait(r.Context())
		_, late["a late question"] = job.Status(r.Context())
		_, late["a late abort"] = job.Abort(r.Context())
		for what, err := range late {
			if !errors.Is(err, queue.ErrClosed) {
				r.Errorf("%s: err = %v, want %v", what, err, queue.ErrClosed)
			}
		}
		r.runAll()
		r.leaves("reply") // nobody reads it any more
	})
}

// runAll has the jobs that wait run to their ends.
func (r *rig) runAll() {
	r.Helper()
	r.runAllOn(r.open(queue.Config{}))
}

func (r *rig) runAllOn(q *queue.Queue) {
	r.Helper()
	w := r.worker(q, queue.WorkerConfig{Burst: true})
	queue.Handle(w, double, doubles)
	queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { return s, nil })
	if err := w.Run(r.Context()); err != nil {
		r.Error(err)
	}
}
