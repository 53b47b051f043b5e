package queue_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// open opens a queue, the test's unless the config names another.
func (r *rig) open(c queue.Config) *queue.Queue {
	r.Helper()
	return r.openAt(r.URL, c)
}

func (r *rig) openAt(url string, c queue.Config) *queue.Queue {
	r.Helper()
	if c.Name == "" {
		c.Name = r.Name
	}
	q, err := queue.Open(r.Context(), url, c)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() {
		if err := q.Close(); err != nil {
			r.Errorf("close the queue: %v", err)
		}
	})
	return q
}

// worker makes a worker that keeps its log to itself.
func (r *rig) worker(q *queue.Queue, c queue.WorkerConfig) *queue.Worker {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return queue.NewWorker(q, c)
}

// work starts a worker. The function stops it and waits for it, and may be
// called again.
func (r *rig) work(w *queue.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.Context()))
	ended, stopped := make(chan error, 1), make(chan struct{})
	go func() { defer close(stopped); ended <- w.Run(ctx) }() // stop waits for it
	stop = func() {
		cancel()
		<-stopped
		select {
		case err := <-ended:
			if err != nil {
				r.Errorf("worker: %v", err)
			}
		default:
		}
	}
	r.Cleanup(stop)
	return stop
}

// eventually waits until ok. It is for what Redis does not tell.
func (r *rig) eventually(what string, ok func() bool) {
	r.Helper()
	stop := time.After(20 * time.Second)
	for !ok() {
		select {
		case <-stop:
			r.Fatalf("%s: not within 20 s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// now is Redis' time.
func (r *rig) now() time.Time {
	if r.rdb == nil {
		return time.Now()
	}
	return r.rdb.Time(r.Context()).Val()
}

// pass waits until some time has passed in Redis.
func (r *rig) pass(d time.Duration) {
	r.Helper()
	then := r.now().Add(d)
	r.eventually("time passes", func() bool { return r.now().After(then) })
}

// waiting is how many entries are ready.
func (r *rig) waiting() int64 { return r.rdb.LLen(r.Context(), r.key("ready")).Val() }

// workers is how many workers have a lease, or a part of one: a worker's second lane may
// outlive its first, and a dead worker's lease its worker.
func (r *rig) workers() int {
	lanes, err := r.rdb.ZRange(r.Context(), r.key("lease"), 0, -1).Result()
	if err != nil {
		return -1
	}
	for i, lane := range lanes {
		lanes[i] = strings.TrimSuffix(lane, "+")
	}
	return len(slices.Compact(slices.Sorted(slices.Values(lanes))))
}

// in runs a function in a goroutine of its own. The channel gets its result.
func in[T any](f func() (T, error)) <-chan result[T] {
	done := make(chan result[T], 1)
	go func() { // the caller receives
		v, err := f()
		done <- result[T]{v, err}
	}()
	return done
}

type result[T any] struct {
	v   T
	err error
}

// get receives, and fails the test if nothing comes.
func get[T any](r *rig, what string, c <-chan T) (v T) {
	r.Helper()
	select {
	case v = <-c:
	case <-time.After(20 * time.Second):
		r.Fatalf("%s: not within 20 s", what)
	}
	return v
}

// The tasks of the tests.
var (
	double = queue.NewTask[int, int]("double")
	echo   = queue.NewTask[string, string]("echo")
)

// doubles is the handler of double.
func doubles(_ context.Context, n int) (int, error) { return 2 * n, nil }

// A held job is what a handler that stops in the middle tells the test.
type held struct {
	ctx     context.Context
	in      string
	release chan<- string // what it shall answer
}

// hold returns a handler of echo that stops in the middle, until the test lets it
// go on or ends. It does not care for ctx.
func (r *rig) hold() (func(context.Context, string) (string, error), <-chan held) {
	jobs := make(chan held)
	return func(ctx context.Context, in string) (string, error) {
		release := make(chan string, 1)
		select {
		case jobs <- held{ctx, in, release}:
		case <-r.Context().Done():
			return "", r.Context().Err()
		}
		select {
		case text := <-release:
			return text, nil
		case <-r.Context().Done():
			return "", r.Context().Err()
		}
	}, jobs
}
