package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// An Attempt is a job that a worker tries.
type Attempt struct {
	ID       string
	Task     string    // its name
	Queue    string    // the name of its shard
	Try      int       // this one's number, from 1
	MaxTries int       // how many it has
	Enqueued time.Time // by Redis' clock
	Payload  []byte    // it may be kept and changed
}

func (a *Attempt) from(m *message, queue string) {
	*a = Attempt{ID: m.id, Task: m.name, Queue: queue, Try: m.tries, MaxTries: m.max, Enqueued: clockTime(m.enqueued), Payload: m.payload}
}

// A Handler does the work of jobs, on the level of bytes. Its ctx ends with the
// task's timeout, when the job is aborted or has gone to another worker, and
// when the worker's grace is over. An error has the job tried again, unless it is
// [Fatal] or the last try; a panic counts as an error.
//
// Jobs run at least once: a handler that changes something must bear to be run
// again, which the job's id is good for.
type Handler func(ctx context.Context, a *Attempt) (output []byte, err error)

// A Middleware wraps the handlers of a worker.
type Middleware func(Handler) Handler

// AttemptOf returns what is tried in a handler's ctx, and nil in any other.
func AttemptOf(ctx context.Context) *Attempt {
	a, _ := ctx.Value(attemptKey{}).(*Attempt)
	return a
}

type attemptKey struct{}

// Why the ctx of a handler ends, besides its timeout.
var (
	ErrGone  = errors.New("the worker was thought dead, and the job has gone to another")
	ErrGrace = errors.New("the worker stops, and the job goes back to the queue")
)

// A verdict is how a try ended: done, with an outcome, or one of the troubles of
// the script finish.
type verdict struct {
	lane    string
	batch   int64 // in the lane
	index   int   // in the batch
	m       *message
	kind    byte // see below
	outcome string
	after   time.Duration // before another try
}

const (
	finished = 'o' // with an outcome, whatever it is
	retrying = 'r'
	burying  = 'x'
	giving   = 'b' // back
)

// judge decides what follows from what a handler returned, and from why its ctx
// ended, if it did.
func (e *endpoint) judge(cause error, v *verdict, output []byte, err error, largest int) {
	switch {
	case errors.Is(cause, ErrAborted):
		v.kind, v.outcome = finished, string(aborted)
		return
	case err != nil && (errors.Is(cause, ErrGrace) || errors.Is(cause, ErrGone)):
		v.kind = giving
		return
	case err == nil && len(output) > largest:
		err = Fatal(fmt.Errorf("%w: the result has %d bytes, at most %d may be (Config.MaxPayload)", ErrTooLarge, len(output), largest))
	case err == nil:
		v.kind, v.outcome = finished, string(ended)+string(output)
		return
	}
	v.outcome = cut(err.Error(), 4096)
	fatal, retry := (*fatalError)(nil), (*retryError)(nil)
	switch {
	case errors.As(err, &fatal) || v.m.tries >= v.m.max:
		v.kind = burying
	case errors.As(err, &retry):
		v.kind, v.after = retrying, retry.after
	default:
		v.kind, v.after = retrying, e.options.backoff(v.m.tries)
	}
}

// backoff is the pause after a try.
func (o *options) backoff(tries int) time.Duration {
	base, top := o.base, o.top
	if base == 0 {
		base = time.Second
	}
	if top == 0 {
		top = 10 * time.Minute
	}
	limit := top
	if tries < 32 && base<<(tries-1) < top && base<<(tries-1) > 0 {
		limit = base << (tries - 1)
	}
	return time.Duration(rand.Int64N(int64(limit) + 1))
}

// cut shortens a text to n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

// attempt tries a job to its end, and fills in the verdict. If the handler takes
// the goroutine with it (runtime.Goexit, as t.FailNow does), what stands there
// before counts: another try would end the same.
func (w *Worker) attempt(t *try) {
	ctx, a, v, e := &t.ctx, &t.attempt, &t.verdict, w.endpoints[t.message.name]
	if e == nil {
		e = w.unknown(v.m.name)
	}
	v.kind, v.outcome = burying, "the handler ended its goroutine (runtime.Goexit)"
	begun := time.Now()
	if v.m.timeout > 0 {
		ctx.deadline = begun.Add(time.Duration(v.m.timeout) * time.Millisecond)
	}
	w.stats.begin()
	var err error
	defer func() { w.end(a, v, time.Since(begun), err) }()
	if w.config.Before != nil {
		w.config.Before(ctx, a)
	}
	var output []byte
	output, err = e.try(ctx, a, w.config.Logger)
	e.judge(ctx.why(), v, output, err, t.queue.config.MaxPayload)
}

// try runs a handler. Its panic is an error.
func (e *endpoint) try(ctx context.Context, a *Attempt, log *slog.Logger) (output []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			log.Error("job panics", "task", a.Task, "id", a.ID, "try", a.Try, "panic", p, "stack", string(debug.Stack()))
			output, err = nil, fmt.Errorf("panic: %v", p)
		}
	}()
	return e.handler(ctx, a)
}

// end counts, logs and tells how a try ended.
func (w *Worker) end(a *Attempt, v *verdict, took time.Duration, err error) {
	end := End{Took: took, Err: err, After: v.after}
	switch v.kind {
	case finished:
		end.Next = Done
	case retrying:
		end.Next = Deferred
	case giving:
		end.Next = Queued
	default:
		end.Next = Dead
		if end.Err == nil {
			end.Err = errors.New(v.outcome)
		}
	}
	w.stats.end(end)
	log := w.config.Logger
	switch {
	case end.Next == Dead:
		log.Error("job is dead", "task", a.Task, "id", a.ID, "try", a.Try, "error", end.Err)
	case end.Next == Deferred:
		log.Warn("job failed", "task", a.Task, "id", a.ID, "try", a.Try, "again", end.After, "error", err)
	case log.Enabled(context.Background(), slog.LevelDebug):
		log.Debug("job ended", "task", a.Task, "id", a.ID, "try", a.Try, "took", took, "next", string(end.Next))
	}
	if w.config.After != nil {
		w.config.After(a, end)
	}
}
