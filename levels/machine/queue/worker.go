package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// WorkerConfig says how to work.
type WorkerConfig struct {
	Concurrency int           // jobs at once, of all queues together; 0 means 10
	Lease       time.Duration // how long after a worker's death its jobs go to another; 0 means 10 s
	Grace       time.Duration // for running jobs when Run's ctx ends; 0 means 8 s
	Burst       bool          // return when no job is ready, instead of waiting for more

	Startup  func(ctx context.Context) error       // before the first job; its error ends Run
	Shutdown func(ctx context.Context)             // after the last job
	Before   func(ctx context.Context, a *Attempt) // in the job's goroutine, before its handler
	After    func(a *Attempt, end End)             // once it is decided what follows, in the job's goroutine

	Logger *slog.Logger // for what goes wrong, and, at level debug, each job; nil means slog.Default()
}

// End tells how a try ended.
type End struct {
	Took  time.Duration
	Next  Status        // Done; Deferred, if it is tried again; Dead; or Queued, if it was given back
	After time.Duration // before it is tried again
	Err   error
}

// A Worker takes jobs from queues and does them. Set it up, then Run it.
type Worker struct {
	config     WorkerConfig
	queues     []weighted
	endpoints  map[string]*endpoint
	middleware []Middleware
	crons      []cronEntry
	stats      stats
	crew       crew
}

type weighted struct {
	*Queue
	weight int
}

// An endpoint is how to do a task.
type endpoint struct {
	handler Handler
	options options
}

// NewWorker returns a worker of a queue. More queues may follow, see [Worker.Also].
func NewWorker(q *Queue, c WorkerConfig) *Worker {
	c.Concurrency = max(cmp.Or(c.Concurrency, 10), 1)
	c.Lease = cmp.Or(c.Lease, 10*time.Second)
	c.Grace = cmp.Or(c.Grace, 8*time.Second)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Worker{config: c, queues: []weighted{{q, 1}}, endpoints: map[string]*endpoint{}}
}

// Weight sets the weight of the queue that the worker began with. The default
// is 1. See [Worker.Also].
func (w *Worker) Weight(n int) { w.queues[0].weight = max(n, 1) }

// Also has the worker serve another queue. While several have jobs waiting, each
// gets its weight's share of the worker's slots; none is starved. The handlers read
// and write with the Codec of the queue that the worker began with.
func (w *Worker) Also(q *Queue, weight int) {
	w.queues = append(w.queues, weighted{q, max(weight, 1)})
}

// Use wraps the handlers in a middleware; the first one is the outermost.
func (w *Worker) Use(m ...Middleware) { w.middleware = append(w.middleware, m...) }

// Handle says how the worker does a task.
func Handle[In, Out any](w *Worker, t Task[In, Out], do func(ctx context.Context, in In) (Out, error)) {
	codec := w.queues[0].config.Codec
	w.HandleFunc(t.name, func(ctx context.Context, a *Attempt) ([]byte, error) {
		var in In
		if err := codec.Unmarshal(a.Payload, &in); err != nil {
			return nil, Fatal(fmt.Errorf("decode the payload: %w", err))
		}
		out, err := do(ctx, in)
		if err != nil {
			return nil, err
		}
		output, err := codec.Marshal(out)
		if err != nil {
			return nil, Fatal(fmt.Errorf("encode the result: %w", err))
		}
		return output, nil
	}, func(o *options) { *o = t.options })
}

// HandleFunc says how the worker does the task of a name, on the level of bytes.
// Of the options only [Backoff] has a meaning here. It panics if the name was
// given before, or an option makes no sense.
func (w *Worker) HandleFunc(name string, h Handler, opts ...Option) {
	if w.endpoints[name] != nil {
		panic("queue: task " + name + " is handled twice")
	}
	e := &endpoint{handler: h}
	for _, o := range opts {
		o(&e.options)
	}
	if err := e.options.check(len(e.options.ids)); err != nil {
		panic("queue: task " + name + ": " + err.Error())
	}
	w.endpoints[name] = e
}

// Run works until ctx ends. Then it claims nothing more, lets running jobs
// finish for as long as the grace, gives the rest back to the queue, where they
// are as if they had not begun, and returns nil. It returns an error if Startup
// failed, or if Redis refuses what a queue needs; while Redis is away it
// waits. Run must not be called twice.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.check(); err != nil {
		return err
	}
	w.wrap()
	if w.config.Startup != nil {
		if err := w.config.Startup(ctx); err != nil {
			return fmt.Errorf("worker: startup: %w", err)
		}
	}
	if w.config.Shutdown != nil {
		defer w.config.Shutdown(context.WithoutCancel(ctx))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w.crew.tries = make(chan *try)
	lanes := w.lanes()
	var working sync.WaitGroup
	errs := make([]error, len(lanes))
	for i, l := range lanes {
		working.Go(func() {
			defer func() {
				if errs[i] != nil {
					stop() // one queue that fails ends the worker, for its supervisor to see
				}
			}()
			errs[i] = l.run(ctx)
		})
	}
	if len(w.crons) > 0 {
		working.Go(func() { w.tick(ctx) })
	}
	working.Wait()
	w.crew.dismiss()
	return errors.Join(errs...)
}

// wrap puts the middleware around the handlers.
func (w *Worker) wrap() {
	for _, e := range w.endpoints {
		for _, m := range slices.Backward(w.middleware) {
			e.handler = m(e.handler)
		}
	}
}

// lanes makes one for each shard of each queue, and one that helps it: while one's
// exchange is on its way, the other's jobs run.
func (w *Worker) lanes() (lanes []*lane) {
	places := &slots{free: w.config.Concurrency}
	for _, q := range w.queues {
		for _, s := range q.shards {
			part := &share{weight: q.weight, backlog: true}
			places.lanes = append(places.lanes, part)
			l := newLane(w, q, s, places, part, false)
			lanes = append(lanes, l)
			part.wake = l.ring
			if w.config.Concurrency > 1 && !w.config.Burst {
				l.helper = newLane(w, q, s, places, part, true)
				lanes = append(lanes, l.helper)
				part.wake = func() { l.ring(); l.helper.ring() }
			}
		}
	}
	places.release(0) // deals the slots
	return lanes
}

func (w *Worker) check() error {
	switch {
	case w.config.Lease < 100*time.Millisecond || w.config.Lease > time.Hour:
		return fmt.Errorf("worker: a lease of %v: must be from 100ms to 1h", w.config.Lease)
	case w.config.Grace < 0:
		return fmt.Errorf("worker: a grace of %v is negative", w.config.Grace)
	}
	return nil
}

// unknown is the endpoint of tasks that the worker does not know.
func (w *Worker) unknown(name string) *endpoint {
	known := strings.Join(slices.Sorted(maps.Keys(w.endpoints)), ", ")
	return &endpoint{handler: func(context.Context, *Attempt) ([]byte, error) {
		return nil, Fatal(fmt.Errorf("no handler for task %q: this worker knows %s", name, cmp.Or(known, "none")))
	}}
}

// A crew is the goroutines that run jobs. One that has run a job waits for the
// next, for its stack has grown by then to what a handler needs.
type crew struct {
	tries   chan *try
	members sync.WaitGroup
}

func (c *crew) run(t *try) {
	select {
	case c.tries <- t:
	default:
		c.members.Go(func() { // dismiss waits for it
			t.run()
			for t := range c.tries {
				t.run()
			}
		})
	}
}

// dismiss ends the crew, which must have nothing to do.
func (c *crew) dismiss() {
	close(c.tries)
	c.members.Wait()
}
