package queue_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// ends collects how tries ended.
type ends struct {
	mu   sync.Mutex
	ends []queue.End
}

func (e *ends) add(_ *queue.Attempt, end queue.End) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ends = append(e.ends, end)
}

func (e *ends) all() []queue.End {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.ends)
}

// next tells what followed from the tries.
func (e *ends) next() (next []queue.Status) {
	for _, end := range e.all() {
		next = append(next, end.Next)
	}
	return next
}

// A job that fails is tried again, with its number of tries counted, until it
// does not.
func TestRetry(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		flaky := queue.NewTask[int, int]("flaky", queue.Backoff(time.Millisecond, 8*time.Millisecond), queue.MaxTries(20))
		var seen ends
		w := r.worker(q, queue.WorkerConfig{After: seen.add, Lease: time.Hour}) // no heartbeat comes to help
		var tries []int
		queue.Handle(w, flaky, func(ctx context.Context, n int) (int, error) {
			a := queue.AttemptOf(ctx)
			if tries = append(tries, a.Try); a.Try < n {
				return 0, errEnough
			}
			return 10 * a.Try, nil
		})
		r.work(w)
		for _, n := range []int{1, 2, 12, 20} {
			before := len(seen.all())
			tries = nil
			if got, err := flaky.Call(r.Context(), q, n); got != 10*n || err != nil {
				r.Errorf("good at try %d: %d, %v", n, got, err)
			}
			if want := upTo(n + 1)[1:]; !slices.Equal(tries, want) {
				r.Errorf("tries %v, want %v", tries, want)
			}
			r.eventually("all tries are told", func() bool { return len(seen.all()) == before+n })
			for i, end := range seen.all()[before:] {
				limit := min(time.Millisecond<<i, 8*time.Millisecond)
				if again := i < n-1; again != (end.Next == queue.Deferred) || again != (end.Err == errEnough) || end.After < 0 || end.After > limit {
					r.Errorf("try %d of %d: %+v, want a pause up to %v", i+1, n, end, limit)
				}
			}
		}
	})
}

// The pauses are spread over the whole time up to their limit: jobs that failed
// together do not come back together.
func TestBackoffIsSpread(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		flaky := queue.NewTask[int, int]("flaky", queue.Backoff(time.Hour, time.Hour), queue.MaxTries(2))
		var seen ends
		w := r.worker(q, queue.WorkerConfig{Concurrency: 50, After: seen.add, Burst: true})
		queue.Handle(w, flaky, func(context.Context, int) (int, error) { return 0, errEnough })
		verdicts, err := flaky.EnqueueMany(r.Context(), q, make([]int, 200), queue.Track())
		if err != nil {
			r.Fatal(err)
		}
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		var quarters [4]int
		for _, end := range seen.all() {
			quarters[min(int(end.After/(15*time.Minute)), 3)]++
		}
		if slices.Min(quarters[:]) < 10 {
			r.Errorf("pauses by quarters of the hour: %v, of 200", quarters)
		}
		for _, v := range verdicts {
			if ok, err := v.Job.Abort(r.Context()); !ok || err != nil {
				r.Fatalf("abort of a job that is tried again: %v, %v", ok, err)
			}
		}
	})
}

// A handler may say when it wants to be tried again, and that it does not.
func TestRetryAndFatal(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		slow := queue.NewTask[string, int]("slow", queue.Backoff(time.Hour, time.Hour), queue.MaxTries(3))
		var seen ends
		w := r.worker(q, queue.WorkerConfig{After: seen.add})
		queue.Handle(w, slow, func(ctx context.Context, s string) (int, error) {
			try := queue.AttemptOf(ctx).Try
			switch {
			case s == "fatal":
				return 0, fmt.Errorf("of no use: %w", queue.Fatal(errEnough))
			case s == "now" && try < 3:
				return 0, fmt.Errorf("again: %w", queue.Retry(errEnough, 0))
			case s == "soon" && try < 2:
				return 0, queue.Retry(errEnough, 100*time.Millisecond)
			case s == "always":
				return 0, queue.Retry(errEnough, -time.Second)
			}
			return try, nil
		})
		r.work(w)
		for in, want := range map[string]string{
			"fatal":  "0 task slow: job is dead: of no use: " + errEnough.Error(),
			"always": "0 task slow: job is dead: " + errEnough.Error(),
			"now":    "3 <nil>",
			"soon":   "2 <nil>",
		} {
			got, err := slow.Call(r.Context(), q, in)
			if text := fmt.Sprint(got, " ", err); text != want {
				r.Errorf("%s: %s, want %s", in, text, want)
			}
		}
		for _, end := range seen.all() {
			if end.Next == queue.Deferred && (end.After != 0 && end.After != 100*time.Millisecond || !errors.Is(end.Err, errEnough)) {
				r.Errorf("got %+v", end)
			}
		}
	})
}

// What wraps no error is none.
func TestFatalOfNothing(t *testing.T) {
	for name, err := range map[string]error{"Fatal": queue.Fatal(nil), "Retry": queue.Retry(nil, time.Second)} {
		if err != nil {
			t.Errorf("%s(nil) is an error, and its text makes a worker panic", name)
		}
	}
	if err := queue.Fatal(errEnough); !errors.Is(err, errEnough) || err.Error() != errEnough.Error() {
		t.Errorf("Fatal: %v", err)
	}
}

// A try that has no end ends with its time, and the next one has its own.
func TestTimeout(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		slow := queue.NewTask[string, int]("slow", queue.Timeout(100*time.Millisecond), queue.Backoff(time.Millisecond, time.Millisecond))
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, slow, func(ctx context.Context, s string) (int, error) {
			if _, ok := ctx.Deadline(); ok == (s == "none") {
				return 0, queue.Fatal(fmt.Errorf("it has a deadline: %v", ok))
			}
			if try := queue.AttemptOf(ctx).Try; try > 1 || s == "none" {
				return try, ctx.Err()
			}
			<-ctx.Done()
			return 0, ctx.Err()
		})
		r.work(w)
		if try, err := slow.Call(r.Context(), q, "own"); try != 2 || err != nil {
			r.Errorf("%d, %v, want a second try", try, err)
		}
		if _, err := slow.Call(r.Context(), q, "own", queue.MaxTries(1)); !errors.Is(err, queue.ErrDead) || !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
			r.Errorf("err = %v, want one that says it took too long", err)
		}
		if try, err := slow.Call(r.Context(), q, "none", queue.Timeout(-1)); try != 1 || err != nil {
			r.Errorf("without a timeout: %d, %v", try, err)
		}
	})
}

// Whatever a handler does to its goroutine, the worker goes on, and the caller
// gets to know.
func TestPanics(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{MaxPayload: 10})
		odd := queue.NewTask[string, string]("odd", queue.Backoff(time.Millisecond, time.Millisecond), queue.MaxTries(2))
		var seen ends
		w := r.worker(q, queue.WorkerConfig{Concurrency: 1, After: seen.add})
		queue.Handle(w, odd, func(ctx context.Context, s string) (string, error) {
			switch s {
			case "panic":
				panic("at the disco")
			case "nil":
				panic(error(nil))
			case "once":
				if queue.AttemptOf(ctx).Try == 1 {
					panic(errEnough)
				}
			case "exit":
				runtime.Goexit()
			case "large":
				return "more than ten", nil
			}
			return s, nil
		})
		r.work(w)
		for in, want := range map[string]string{
			"panic": "panic: at the disco", "nil": "panic", "exit": "runtime.Goexit", "large": "too large: the result has 15 bytes, at most 10 may be",
		} {
			if _, err := odd.Call(r.Context(), q, in); !errors.Is(err, queue.ErrDead) || !strings.Contains(err.Error(), want) {
				r.Errorf("%s: err = %v, want one with %q", in, err, want)
			}
		}
		for _, in := range []string{"once", "well"} {
			if got, err := odd.Call(r.Context(), q, in); got != in || err != nil {
				r.Errorf("%s: %q, %v", in, got, err)
			}
		}
		r.eventually("all tries have ended", func() bool { s := w.Stats(); return s.Running == 0 && s.Done == 2 })
		if s := w.Stats(); s.Dead != 4 || s.Retried != 3 || len(seen.all()) != 9 {
			r.Errorf("%d dead, %d retried, After was called %d times, want 4, 3, 9", s.Dead, s.Retried, len(seen.all()))
		}
	})
}
