package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// info asks for what is known of a job, and checks what is always known while it
// has a record.
func (r *rig) info(job *queue.Job[string], want queue.Status, tries int) queue.JobInfo {
	r.Helper()
	i, err := job.Info(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	if i.ID != job.ID || i.Status != want || i.Tries != tries {
		r.Errorf("got %+v, want id %s, %s, %d tries", i, job.ID, want, tries)
	}
	if i.Task != "flaky" || i.MaxTries != 2 || string(i.Payload) != `"in"` {
		r.Errorf("%s: got %+v", want, i)
	}
	if ago := r.now().Sub(i.Enqueued); ago < 0 || ago > time.Minute {
		r.Errorf("%s: enqueued at %v, which is %v ago", want, i.Enqueued, ago)
	}
	if i.Due.IsZero() == (want == queue.Deferred) || i.Died.IsZero() == (want == queue.Dead) {
		r.Errorf("%s: due %v, died %v", want, i.Due, i.Died)
	}
	return i
}

// A job goes through all its states: deferred, queued, running, deferred before
// another try, running again, dead.
func TestStates(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		flaky := queue.NewTask[string, string]("flaky", queue.MaxTries(2))
		job, err := flaky.Enqueue(r.Context(), q, "in", queue.In(500*time.Millisecond))
		if err != nil {
			r.Fatal(err)
		}
		first := r.info(job, queue.Deferred, 0)
		if d := first.Due.Sub(first.Enqueued); d < 450*time.Millisecond || d > 5*time.Second {
			r.Errorf("deferred for %v, want 500ms", d)
		}
		w := r.worker(q, queue.WorkerConfig{Concurrency: 1})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		try, fail := make(chan int), make(chan error)
		queue.Handle(w, flaky, func(ctx context.Context, _ string) (string, error) {
			try <- queue.AttemptOf(ctx).Try
			return "", <-fail
		})
		if _, err := echo.Enqueue(r.Context(), q, "busy"); err != nil {
			r.Fatal(err)
		}
		r.work(w)
		busy := get(r, "the job before it", jobs)
		r.eventually("it is due", func() bool { s, _ := job.Status(r.Context()); return s == queue.Queued })
		r.info(job, queue.Queued, 0)
		busy.release <- ""
		r.tries(job, try, fail)
	})
}

// tries follows a job through its two tries, which fail.
func (r *rig) tries(job *queue.Job[string], try <-chan int, fail chan<- error) {
	if n := get(r, "its first try", try); n != 1 {
		r.Errorf("try %d, want 1", n)
	}
	r.info(job, queue.Running, 1)
	fail <- queue.Retry(errors.New("bad\nluck"), 300*time.Millisecond)
	r.eventually("it is deferred", func() bool { s, _ := job.Status(r.Context()); return s == queue.Deferred })
	if i := r.info(job, queue.Deferred, 1); i.Error != "bad\nluck" {
		r.Errorf("error %q", i.Error)
	}
	if n := get(r, "its second try", try); n != 2 {
		r.Errorf("try %d, want 2", n)
	}
	if i := r.info(job, queue.Running, 2); i.Error != "bad\nluck" {
		r.Errorf("error %q, want that of the first try", i.Error)
	}
	fail <- errors.New("worse")
	r.eventually("it is dead", func() bool { s, _ := job.Status(r.Context()); return s == queue.Dead })
	if i := r.info(job, queue.Dead, 2); i.Error != "worse" {
		r.Errorf("error %q", i.Error)
	}
	dead := (*queue.DeadError)(nil)
	if _, err := job.Wait(r.Context()); !errors.As(err, &dead) || dead.Reason != "worse" {
		r.Errorf("wait: err = %v, want a DeadError", err)
	}
}

// What is kept of a job that has ended is how.
func TestStatesOfTheEnded(t *testing.T) {
	all(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) { return s, nil })
		well, _ := echo.Enqueue(r.Context(), q, "well", queue.KeepFor(time.Minute))
		late, err := echo.Enqueue(r.Context(), q, "late", queue.ID("late"), queue.Expires(time.Nanosecond), queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		off, err := echo.Enqueue(r.Context(), q, "off", queue.In(time.Hour), queue.KeepFor(time.Minute))
		if err != nil {
			r.Fatal(err)
		}
		if ok, err := off.Abort(r.Context()); !ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
		r.pass(5 * time.Millisecond)
		r.work(w)
		for job, want := range map[*queue.Job[string]]error{well: nil, late: queue.ErrExpired, off: queue.ErrAborted} {
			_, err := job.Wait(r.Context())
			i, infoErr := job.Info(r.Context())
			if !errors.Is(err, want) || i.Status != queue.Done || infoErr != nil || want != nil && i.Error != want.Error() {
				r.Errorf("job %s: %v; %+v, %v, want %v", job.ID, err, i, infoErr, want)
			}
		}
	})
}
