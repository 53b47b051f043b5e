package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A worker that stops lets its jobs end, and takes no new ones.
func TestGrace(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Grace: time.Minute})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		queue.Handle(w, double, doubles)
		stop := r.work(w)
		done := in(func() (string, error) { return echo.Call(r.Context(), q, "job") })
		job := get(r, "the job", jobs)
		stopped := make(chan struct{})
		go func() { defer close(stopped); stop() }()
		later, status := (*queue.Job[int])(nil), queue.Status("")
		r.eventually("it takes nothing more", func() bool {
			later, _ = double.Enqueue(r.Context(), q, 1, queue.Track())
			r.pass(10 * time.Millisecond)
			status, _ = later.Status(r.Context())
			return status == queue.Queued
		})
		if err := job.ctx.Err(); err != nil {
			r.Errorf("its ctx has ended: %v", err)
		}
		job.release <- "in time"
		if got := get(r, "the call", done); got.v != "in time" || got.err != nil {
			r.Errorf("%q, %v", got.v, got.err)
		}
		get(r, "the end of the worker", stopped)
		if s := w.Stats(); s.Done < 1 || s.Returned != 0 {
			r.Errorf("%+v", s)
		}
		if status, err := later.Status(r.Context()); status != queue.Queued || err != nil {
			r.Errorf("what came later is %s, %v", status, err)
		}
		r.runAll()
	})
}

// What cannot end within the grace is given back, and that costs it no try,
// whether it is plain or has a record.
func TestGiveBack(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		for _, opts := range [][]queue.Option{nil, {queue.Track()}, {queue.ID("job")}} {
			var seen ends
			w := r.worker(q, queue.WorkerConfig{Grace: time.Millisecond, After: seen.add})
			started, cause := make(chan struct{}), error(nil)
			queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
				close(started)
				<-ctx.Done()
				cause = context.Cause(ctx)
				return "", ctx.Err()
			})
			stop := r.work(w)
			done := in(func() (string, error) { return echo.Call(r.Context(), q, "job", append(opts, queue.MaxTries(1))...) })
			get(r, "the job", started)
			stop()
			if !errors.Is(cause, queue.ErrGrace) {
				r.Errorf("cause %v, want %v", cause, queue.ErrGrace)
			}
			if s := w.Stats(); s.Returned != 1 || len(seen.all()) != 1 || seen.next()[0] != queue.Queued {
				r.Errorf("%+v, after: %+v", s, seen.all())
			}
			second := r.worker(q, queue.WorkerConfig{})
			tries := make(chan int, 1)
			queue.Handle(second, echo, func(ctx context.Context, s string) (string, error) {
				tries <- queue.AttemptOf(ctx).Try
				return s, nil
			})
			stop = r.work(second)
			if got := get(r, "the call", done); got.v != "job" || got.err != nil {
				r.Errorf("%q, %v", got.v, got.err)
			}
			if try := get(r, "the second worker", tries); try != 1 {
				r.Errorf("try %d, want 1", try)
			}
			stop()
		}
	})
}

// What is given back stands where it stood: before what waited behind it.
func TestGiveBackInOrder(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Grace: time.Millisecond, Concurrency: 3})
		started := make(chan struct{}, 3)
		queue.Handle(w, double, func(ctx context.Context, _ int) (int, error) {
			started <- struct{}{}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		if _, err := double.EnqueueMany(r.Context(), q, upTo(6)); err != nil {
			r.Fatal(err)
		}
		stop := r.work(w)
		for range 3 {
			get(r, "a job", started)
		}
		stop()
		var order []string
		last := r.worker(q, queue.WorkerConfig{Burst: true, Concurrency: 1})
		last.HandleFunc("double", func(_ context.Context, a *queue.Attempt) ([]byte, error) {
			order = append(order, string(a.Payload))
			return []byte("0"), nil
		})
		if err := last.Run(r.Context()); err != nil {
			r.Error(err)
		}
		if got := strings.Join(order, ""); len(got) != 6 || got[3:] != "345" {
			r.Errorf("order %s, want 0, 1 and 2 before 345", got)
		}
	})
}

// A handler that pays no heed holds the worker up, and does not lose what it did.
func TestDeafHandler(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Grace: time.Millisecond, Lease: 300 * time.Millisecond})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		stop := r.work(w)
		job, err := echo.Enqueue(r.Context(), q, "job", queue.Track(), queue.MaxTries(1))
		if err != nil {
			r.Fatal(err)
		}
		h := get(r, "the job", jobs)
		stopped := make(chan struct{})
		go func() { defer close(stopped); stop() }()
		get(r, "the end of its ctx", h.ctx.Done())
		r.pass(time.Second) // the worker keeps its lease
		if s, err := job.Status(r.Context()); s != queue.Running || err != nil {
			r.Errorf("status %s, %v", s, err)
		}
		h.release <- "late"
		get(r, "the end of the worker", stopped)
		if s := w.Stats(); s.Returned+s.Done != 1 || s.Lost != 0 {
			r.Errorf("%+v", s)
		}
		r.runAll()
	})
}

// A paused queue takes jobs and gives none, until somebody says otherwise.
func TestPausedByHand(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		handler, jobs := r.hold()
		queue.Handle(w, echo, handler)
		r.work(w)
		running := in(func() (string, error) { return echo.Call(r.Context(), q, "runs") })
		h := get(r, "the job", jobs)
		if err := r.rdb.Set(r.Context(), r.key("paused"), "1", 0).Err(); err != nil {
			r.Fatal(err)
		}
		waits := in(func() (string, error) { return echo.Call(r.Context(), q, "waits") })
		r.eventually("it waits", func() bool { return r.waiting() == 1 })
		h.release <- "done"
		if got := get(r, "the call that ran", running); got.v != "done" || got.err != nil {
			r.Errorf("%q, %v", got.v, got.err)
		}
		select {
		case h := <-jobs:
			r.Fatalf("%q starts", h.in)
		case <-time.After(100 * time.Millisecond): // it would have started long ago
		}
		if err := r.rdb.Del(r.Context(), r.key("paused")).Err(); err != nil {
			r.Fatal(err)
		}
		get(r, "the job that waited", jobs).release <- "late"
		if got := get(r, "the call that waited", waits); got.v != "late" || got.err != nil {
			r.Errorf("%q, %v", got.v, got.err)
		}
	})
}

// A worker that cannot work says why, and lets nothing start.
func TestWorkerErrors(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		closed := false
		startup := func(context.Context) error { return errEnough }
		for want, c := range map[string]queue.WorkerConfig{
			"lease of 99ms":   {Lease: 99 * time.Millisecond},
			"lease of 2h":     {Lease: 2 * time.Hour},
			"grace of -1s":    {Grace: -time.Second},
			errEnough.Error(): {Startup: startup, Shutdown: func(context.Context) { closed = true }},
		} {
			w := r.worker(q, c)
			w.HandleFunc("echo", func(context.Context, *queue.Attempt) ([]byte, error) { r.Error("a job runs"); return nil, nil })
			if err := w.Run(r.Context()); err == nil || !strings.Contains(err.Error(), want) {
				r.Errorf("err = %v, want one with %q", err, want)
			}
		}
		if closed {
			r.Error("Shutdown was called, though Startup failed")
		}
		defer func() {
			if p := recover(); p == nil || !strings.Contains(p.(string), "echo") {
				r.Errorf("a task that is handled twice: %v", p)
			}
		}()
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, echo, nil)
		queue.Handle(w, echo, nil)
	})
}

// What Redis refuses ends whoever asked, and not with silence.
func TestRefused(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		if err := r.rdb.Set(r.Context(), r.key("ready"), "no list", 0).Err(); err != nil {
			r.Fatal(err)
		}
		w := r.worker(q, queue.WorkerConfig{Lease: 100 * time.Millisecond})
		queue.Handle(w, echo, nil)
		_, enqueueErr := echo.Enqueue(r.Context(), q, "job")
		_, callErr := echo.Call(r.Context(), q, "job")
		for what, err := range map[string]error{"Enqueue": enqueueErr, "Call": callErr, "Run": w.Run(r.Context())} {
			if !errors.Is(err, queue.ErrRefused) || !strings.Contains(err.Error(), "WRONGTYPE") {
				r.Errorf("%s: err = %v, want %v", what, err, queue.ErrRefused)
			}
		}
		r.rdb.Del(r.Context(), r.key("ready"))
		r.pass(100 * time.Millisecond)
		r.runAll() // the next worker clears away what is left of that one
	})
}
