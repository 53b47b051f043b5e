package queue_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// again enqueues a job of an id that is known, and wants it refused, in either way.
func (r *rig) again(q *queue.Queue, id, where string) {
	r.Helper()
	job, err := echo.Enqueue(r.Context(), q, "again", queue.ID(id))
	if !errors.Is(err, queue.ErrDuplicate) || job == nil || job.ID != id {
		r.Errorf("%s: %+v, %v, want the job and %v", where, job, err, queue.ErrDuplicate)
	}
	if _, err := echo.Call(r.Context(), q, "again", queue.ID(id)); !errors.Is(err, queue.ErrDuplicate) {
		r.Errorf("%s, called: err = %v, want %v", where, err, queue.ErrDuplicate)
	}
	verdicts, err := echo.EnqueueMany(r.Context(), q, []string{"again", "again"}, queue.IDs(id, id), queue.In(time.Hour))
	if err != nil || !errors.Is(verdicts[0].Err, queue.ErrDuplicate) || !errors.Is(verdicts[1].Err, queue.ErrDuplicate) {
		r.Errorf("%s, many: %v, %v, want %v", where, verdicts, err, queue.ErrDuplicate)
	}
}

// An id is taken while its job waits and runs, and free when it has ended.
func TestIDs(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		for round := range 3 {
			job, err := echo.Enqueue(r.Context(), q, "first", queue.ID("job"))
			if err != nil {
				r.Fatalf("round %d: %v", round, err)
			}
			if round == 0 {
				r.again(q, "job", "it waits")
				r.work(w)
			}
			h := get(r, "the job", jobs)
			r.again(q, "job", "it runs")
			h.release <- "done"
			r.eventually("the job ends", func() bool { s, _ := job.Status(r.Context()); return s == queue.Unknown })
		}
	})
}

// An id is taken while its job is deferred, and while its result is kept.
func TestIDsOfDeferredAndKept(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Lease: 300 * time.Millisecond}) // it sees to the clock often
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { return s, nil })
		r.work(w)
		job, err := echo.Enqueue(r.Context(), q, "first", queue.ID("job"), queue.In(100*time.Millisecond), queue.KeepFor(500*time.Millisecond))
		if err != nil {
			r.Fatal(err)
		}
		r.again(q, "job", "it is deferred")
		if got, err := job.Wait(r.Context()); got != "first" || err != nil {
			r.Fatalf("%q, %v", got, err)
		}
		r.again(q, "job", "its result is kept")
		r.eventually("the result is forgotten", func() bool { s, _ := job.Status(r.Context()); return s == queue.Unknown })
		if got, err := echo.Call(r.Context(), q, "second", queue.ID("job")); got != "second" || err != nil {
			r.Errorf("%q, %v, want the id to be free", got, err)
		}
	})
}

// An id is taken while its job is dead.
func TestIDsOfTheDead(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, func(context.Context, string) (string, error) { return "", queue.Fatal(errEnough) })
		r.work(w)
		job, err := echo.Enqueue(r.Context(), q, "first", queue.ID("job"))
		if err != nil {
			r.Fatal(err)
		}
		r.eventually("it dies", func() bool { s, _ := job.Status(r.Context()); return s == queue.Dead })
		r.again(q, "job", "it is dead")
	})
}

// An id is free once its job was aborted, in whatever state, and the next job of
// that id is not.
func TestIDsOfTheAborted(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Lease: time.Second})
		started := make(chan struct{}, 1)
		queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
			if s == "runs" {
				started <- struct{}{}
				<-ctx.Done()
			}
			return s, nil
		})
		r.work(w)
		abort := func(id string, want bool, in string, opts ...queue.Option) {
			job := queue.Find[string](q, id)
			if in != "" {
				if _, err := echo.Enqueue(r.Context(), q, in, append(opts, queue.ID(id))...); err != nil {
					r.Fatal(err)
				}
			}
			if in == "runs" {
				get(r, "the job", started)
			}
			if ok, err := job.Abort(r.Context()); ok != want || err != nil {
				r.Errorf("abort of %s: %v, %v, want %v", id, ok, err, want)
			}
			r.eventually("it has ended", func() bool { s, _ := job.Status(r.Context()); return s == queue.Unknown })
			if got, err := echo.Call(r.Context(), q, "next", queue.ID(id)); got != "next" || err != nil {
				r.Errorf("the next job of the id %s: %q, %v", id, got, err)
			}
		}
		abort("deferred", true, "waits", queue.In(time.Hour))
		abort("running", true, "runs")
		abort("nobody", false, "")
	})
}

// Within a batch, the first job of an id is added, the next ones are not.
func TestIDsOfABatch(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		verdicts, err := double.EnqueueMany(r.Context(), q, upTo(4), queue.IDs("a", "b", "a", "c"))
		var got []string
		for _, v := range verdicts {
			got = append(got, fmt.Sprint(v.Job.ID, " ", errors.Is(v.Err, queue.ErrDuplicate)))
		}
		if text := strings.Join(got, ", "); text != "a false, b false, a true, c false" || err != nil {
			r.Errorf("got %s, %v", text, err)
		}
		r.runAll()
	})
}

var long = strings.Repeat("x", 129)

// What cannot be an id is refused before Redis hears of it.
func TestRefusedIDs(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		for _, id := range []string{"", " ", "~1", "a b", "a\nb", "\x00", "a\x7f", long, "\xff"} {
			if job, err := double.Enqueue(r.Context(), q, 1, queue.ID(id)); job != nil || err == nil || !strings.Contains(err.Error(), "id ") {
				r.Errorf("id %q: %v, %v, want an error that says so", id, job, err)
			}
		}
		for _, id := range []string{"a", long[1:], "ä~1", "r", "p", "w", "{}", `"'\`, "%d", "0"} {
			if _, err := double.Enqueue(r.Context(), q, 1, queue.ID(id)); err != nil {
				r.Errorf("id %q: %v", id, err)
			}
			if got, err := queue.Find[int](q, id).Info(r.Context()); got.Status != queue.Queued || string(got.Payload) != "1" || err != nil {
				r.Errorf("id %q: %+v, %v", id, got, err)
			}
		}
		r.runAll()
	})
}

func TestRefusedNames(t *testing.T) {
	for _, name := range []string{"a b", "a\tb", "{a}", "a}", long, "\xff"} {
		if _, err := queue.Open(t.Context(), "mem://", queue.Config{Name: name}); err == nil || !strings.Contains(err.Error(), "name of the queue") {
			t.Errorf("queue %q: err = %v", name, err)
		}
	}
	for _, name := range []string{"", "a b", "a\n", long} {
		func() {
			defer func() {
				if p := recover(); p == nil {
					t.Errorf("NewTask(%q) does not panic", name)
				}
			}()
			queue.NewTask[int, int](name)
		}()
	}
	q, err := queue.Open(t.Context(), "mem://", queue.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	if q.Name() != "default" {
		t.Errorf("a queue without a name is %q", q.Name())
	}
	for _, name := range []string{"a b", "{", long} {
		if _, err := q.Named(name); err == nil {
			t.Errorf("Named(%q) succeeds", name)
		}
	}
	if err := q.CallMany(t.Context(), "a b", nil, nil); err == nil {
		t.Error("CallMany of a task that has a space in its name succeeds")
	}
}
