package queue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
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

// A burst ends when nothing is ready: what is tried again at once still runs,
// what is deferred stays.
func TestBurst(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{Shards: 2})
		w := r.worker(q, queue.WorkerConfig{Burst: true, Concurrency: 2})
		queue.Handle(w, double, func(ctx context.Context, n int) (int, error) {
			if queue.AttemptOf(ctx).Try < 3 {
				return 0, queue.Retry(errEnough, 0)
			}
			return 0, nil
		})
		if _, err := double.EnqueueMany(r.Context(), q, upTo(20), queue.Track()); err != nil {
			r.Fatal(err)
		}
		later, err := double.Enqueue(r.Context(), q, 1, queue.In(time.Hour))
		if err != nil {
			r.Fatal(err)
		}
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		if s := w.Stats(); s.Done != 20 || s.Retried != 40 {
			r.Errorf("%d done, %d retried, want 20 and 40", s.Done, s.Retried)
		}
		if ok, err := later.Abort(r.Context()); !ok || err != nil {
			r.Errorf("the deferred one: %v, %v", ok, err)
		}
	})
}

func TestStats(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Burst: true})
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) {
			return "", map[string]error{"dead": queue.Fatal(errEnough), "slow": queue.Retry(errEnough, time.Hour)}[s]
		})
		ids := []string{"a", "b", "c", "d", "e", "f"}
		verdicts, err := echo.EnqueueMany(r.Context(), q, []string{"", "", "", "dead", "dead", "slow"}, queue.IDs(ids...))
		if err != nil {
			r.Fatal(err)
		}
		if s := w.Stats(); s.Took.TotalCount() != 0 || s.Done != 0 {
			r.Errorf("before it runs: %+v", s)
		}
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		s := w.Stats()
		if s.Running != 0 || s.Done != 3 || s.Dead != 2 || s.Retried != 1 || s.Returned != 0 || s.Lost != 0 || s.Took.TotalCount() != 6 || s.Took.Max() < 1 {
			r.Errorf("got %+v", s)
		}
		s.Took.Reset()
		if n := w.Stats().Took.TotalCount(); n != 6 {
			r.Errorf("who has the histogram has the worker's own: %d tries in it", n)
		}
		if ok, err := verdicts[5].Job.Abort(r.Context()); !ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
		if n, err := q.DropAll(r.Context()); n != 2 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
	})
}

// What goes wrong is logged, and what goes well too if somebody wants to know.
func TestLogger(t *testing.T) {
	for level, want := range map[slog.Level]string{slog.LevelDebug: "WARN failed, ERROR dead, DEBUG ended", slog.LevelInfo: "WARN failed, ERROR dead"} {
		all(t, func(r *rig) {
			q := r.open(queue.Config{})
			var text bytes.Buffer
			w := r.worker(q, queue.WorkerConfig{Concurrency: 1, Logger: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: level}))})
			queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
				if s == "fail" {
					return "", queue.Retry(errEnough, 0)
				}
				return s, nil
			})
			stop := r.work(w)
			echo.Call(r.Context(), q, "fail", queue.MaxTries(2))
			echo.Call(r.Context(), q, "well")
			stop()
			var got []string
			for line := range strings.Lines(text.String()) {
				_, line, _ = strings.Cut(line, "level=")
				if words := strings.Fields(strings.ReplaceAll(line, `"`, "")); strings.Contains(line, "task=echo") {
					got = append(got, words[0]+" "+words[slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "task=") })-1])
				}
			}
			if text := strings.Join(got, ", "); text != want {
				r.Errorf("level %v: %s, want %s", level, text, want)
			}
		})
	}
}
