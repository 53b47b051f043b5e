package queue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// Many wait for one job, from here and elsewhere, before its end and after.
func TestWait(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q, other := r.open(queue.Config{}), r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		r.work(w)
		job, err := echo.Enqueue(r.Context(), q, "job", queue.Track(), queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		waits := func() (string, error) { return job.Wait(r.Context()) }
		finds := func() (string, error) { return queue.Find[string](other, job.ID).Wait(r.Context()) }
		var before []<-chan result[string]
		for range 5 {
			before = append(before, in(waits), in(finds))
		}
		h := get(r, "the job", jobs)
		r.eventually("both clients are put down", func() bool { return r.watchers(job.ID) == 2 })
		h.release <- "done"
		for _, done := range before {
			if got := get(r, "a wait before the end", done); got.v != "done" || got.err != nil {
				r.Errorf("before the end: %q, %v", got.v, got.err)
			}
		}
		for _, wait := range []func() (string, error){waits, finds} {
			if got := get(r, "a wait after the end", in(wait)); got.v != "done" || got.err != nil {
				r.Errorf("after the end: %q, %v", got.v, got.err)
			}
		}
	})
}

// watchers is how many clients are put down to be told of a job.
func (r *rig) watchers(id string) (n int) {
	for _, key := range r.keys() {
		if strings.HasPrefix(key, r.key("watch:")) {
			n += len(strings.Fields(r.rdb.HGet(r.Context(), key, id).Val()))
		}
	}
	return n
}

// Without KeepFor the outcome is for those who wait already.
func TestWaitForWhatIsNotKept(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		r.work(w)
		job, err := echo.Enqueue(r.Context(), q, "job", queue.Track())
		if err != nil {
			r.Fatal(err)
		}
		wait := in(func() (string, error) { return job.Wait(r.Context()) })
		h := get(r, "the job", jobs)
		r.eventually("the client is put down", func() bool { return r.watchers(job.ID) == 1 })
		h.release <- "done"
		if got := get(r, "the wait", wait); got.v != "done" || got.err != nil {
			r.Errorf("before the end: %q, %v", got.v, got.err)
		}
		for _, j := range []*queue.Job[string]{job, queue.Find[string](q, job.ID), queue.Find[string](q, "nobody")} {
			if got, err := j.Wait(r.Context()); !errors.Is(err, queue.ErrNotFound) {
				r.Errorf("job %s after its end: %q, %v, want %v", j.ID, got, err, queue.ErrNotFound)
			}
		}
	})
}

// A plain job says what it cannot do.
func TestPlainJobs(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		job, err := echo.Enqueue(r.Context(), q, "job")
		if err != nil {
			r.Fatal(err)
		}
		if _, err := job.Wait(r.Context()); !errors.Is(err, queue.ErrNotKept) {
			r.Errorf("wait: err = %v, want %v", err, queue.ErrNotKept)
		}
		if ok, err := job.Abort(r.Context()); ok || !errors.Is(err, queue.ErrNotTracked) {
			r.Errorf("abort: %v, %v, want %v", ok, err, queue.ErrNotTracked)
		}
		if s, err := job.Status(r.Context()); s != queue.Unknown || err != nil {
			r.Errorf("status: %s, %v, want %s", s, err, queue.Unknown)
		}
		r.runAllOn(q)
	})
}

// The result of a plain job is kept too, and whoever has its id may wait for it.
func TestWaitForPlainJobs(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q, other := r.open(queue.Config{}), r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		r.work(w)
		job, err := echo.Enqueue(r.Context(), q, "job", queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		h := get(r, "the job", jobs)
		waits := []<-chan result[string]{
			in(func() (string, error) { return job.Wait(r.Context()) }),
			in(func() (string, error) { return queue.Find[string](other, job.ID).Wait(r.Context()) }),
		}
		r.eventually("both clients are put down", func() bool { return r.watchers(job.ID) == 2 })
		h.release <- "done"
		for i, wait := range waits {
			if got := get(r, "a wait", wait); got.v != "done" || got.err != nil {
				r.Errorf("wait %d, before the end: %q, %v", i, got.v, got.err)
			}
		}
		if got, err := queue.Find[string](other, job.ID).Wait(r.Context()); got != "done" || err != nil {
			r.Errorf("after the end: %q, %v", got, err)
		}
	})
}

// One who comes too late for an outcome that is not kept does not take it from
// one who came in time, and to whom it is on its way.
func TestWaitTooLate(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		job, err := echo.Enqueue(r.Context(), q, "job", queue.Track())
		if err != nil {
			r.Fatal(err)
		}
		early := in(func() (string, error) { return job.Wait(r.Context()) })
		r.eventually("the client is put down", func() bool { return r.watchers(job.ID) == 1 })
		var client string
		for _, key := range r.keys() {
			if strings.HasPrefix(key, r.key("watch:")) {
				client = strings.TrimSpace(r.rdb.HGet(r.Context(), key, job.ID).Val())
			}
		}
		r.rdb.Del(r.Context(), r.key("ready"), r.key("job"), r.key("state")) // as if it had ended
		if _, err := job.Wait(r.Context()); !errors.Is(err, queue.ErrNotFound) {
			r.Errorf("too late: err = %v, want %v", err, queue.ErrNotFound)
		}
		r.rdb.XAdd(r.Context(), &redis.XAddArgs{Stream: r.key("reply:" + client), Values: []string{"o", job.ID + ` o"done"`}})
		if got := get(r, "the first wait", early); got.v != "done" || got.err != nil {
			r.Errorf("in time: %q, %v", got.v, got.err)
		}
	})
}
