package machine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// QueueConfig tells which queue to use. Callers and workers of one queue use
// the same Redis and Name.
type QueueConfig struct {
	Redis    string        // URL of the Redis that holds the queue; "" means redis://127.0.0.1:6379
	Name     string        // of the queue; "" means "levels"
	Lease    time.Duration // worker only: how long after a worker's death its tasks go to another; 0 means 10 s
	MaxTries int           // how many workers a job may cost; 0 means 3

	MaxBatch int // caller only: tasks in a job; 0 means 256
	Jobs     int // worker only: jobs at once; 0 means 8

	// MaxLength is for callers only: jobs that may wait for a worker. Tasks of those beyond
	// fail at once with [levels.ErrFull]. 0 means 1,000,000.
	MaxLength int

	// Dial makes the connections to Redis, of which link.Dialer can make slow ones; nil
	// means that of a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (c QueueConfig) open(ctx context.Context) (*queue.Queue, error) {
	url := cmp.Or(c.Redis, "redis://127.0.0.1:6379")
	return queue.Open(ctx, url, queue.Config{Name: cmp.Or(c.Name, "levels"), MaxPayload: wire.Limit, MaxBatch: math.MaxInt32, MaxLength: c.MaxLength, Dial: c.Dial})
}

// runTasks is the name of the queue's task: to run a batch.
const runTasks = "levels.run"

// NewQueue returns a level that leaves tasks in a queue for any machine that
// serves it (see [ServeQueue]), and waits for their results. It fails if Redis
// cannot be reached.
//
// A batch is cut into some sixteen jobs, so that several workers get a share;
// a job's tasks run, and run again, together. Delivery is at least once: if a
// worker dies, its jobs go to another when their lease has run out, and a task
// may run twice, but has one result. A job that costs MaxTries workers is given
// up: its tasks fail with [levels.ErrLost].
//
// When ctx ends, Run returns at once, or within seconds if Redis does not
// answer. Jobs that wait will not start, and those that run are cancelled within
// half a second. Errors keep their text only. The outputs of one job may take
// 64 MiB together; those that do not fit become errors.
func NewQueue(ctx context.Context, c QueueConfig) (levels.Level, error) {
	q, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	return &queued{queue: q, maxBatch: positive(c.MaxBatch, 256), maxTries: positive(c.MaxTries, 3)}, nil
}

type queued struct {
	queue    *queue.Queue
	maxBatch int
	maxTries int
	gate     levels.Gate
}

// Run implements [levels.Level].
func (q *queued) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !q.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer q.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	if ctx.Err() != nil {
		return levels.Failed(len(tasks), context.Cause(ctx))
	}
	results := levels.Failed(len(tasks), errPending)
	parts, payloads := q.cut(tasks, results)
	err := q.queue.CallMany(ctx, runTasks, payloads, func(i int, output []byte, err error) {
		switch {
		case errors.Is(err, queue.ErrFull):
			err = fmt.Errorf("%w: %w", levels.ErrFull, err)
		case errors.Is(err, queue.ErrRefused): // it was not enqueued
		case err != nil:
			err = fmt.Errorf("%w: %w", levels.ErrLost, err)
		default:
			err = readOutput(output, parts[i])
		}
		if err != nil {
			copy(parts[i], levels.Failed(len(parts[i]), err))
		}
	}, queue.Track(), queue.MaxTries(q.maxTries), queue.Timeout(-1))
	switch {
	case err == nil:
		return results
	case ctx.Err() == nil:
		err = fmt.Errorf("%w: queue: %w", levels.ErrLost, err)
	}
	for i := range results {
		if results[i].Err == errPending {
			results[i].Err = err
		}
	}
	return results
}

// cut divides a batch into the payloads of jobs, and results into the parts
// that belong to them. A task that is too large for any job fails here.
func (q *queued) cut(tasks []levels.Task, results []levels.Result) (parts [][]levels.Result, payloads [][]byte) {
	size := min(max(len(tasks)/16, 1), q.maxBatch)
	for len(tasks) > 0 {
		n, err := wire.Fit(tasks[:min(size, len(tasks))])
		if err != nil {
			n, results[0].Err = 1, err
		} else {
			parts = append(parts, results[:n])
			payloads = append(payloads, wire.AppendTasks([]byte{wire.Version}, tasks[:n]))
		}
		tasks, results = tasks[n:], results[n:]
	}
	return parts, payloads
}

// Close implements [levels.Level].
func (q *queued) Close() error {
	q.gate.Close()
	return q.queue.Close()
}

// ServeQueue is the far end of the queue level: it takes jobs from the queue
// and runs their tasks on l until ctx ends. Then it lets what it has begun
// finish for as long as grace (0 means 8 s), cancels the rest and gives it back, and returns
// nil once all have returned. It calls ready, unless
// that is nil, once it is connected. It fails if Redis cannot be reached at the
// start, or refuses.
func ServeQueue(ctx context.Context, c QueueConfig, l levels.Level, grace time.Duration, ready func()) error {
	q, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer q.Close()
	w := queue.NewWorker(q, queue.WorkerConfig{
		Concurrency: positive(c.Jobs, 8),
		Lease:       c.Lease,
		Grace:       grace,
		Startup: func(context.Context) error {
			if ready != nil {
				ready()
			}
			return nil
		},
	})
	w.HandleFunc(runTasks, func(ctx context.Context, a *queue.Attempt) ([]byte, error) {
		output := serveJob(ctx, a.Payload, l)
		return output, context.Cause(ctx) // what was cut short is no result
	})
	return w.Run(ctx)
}

// serveJob runs the tasks of one job. What it cannot read it answers with no
// results but an error in their place, so that the caller learns why.
func serveJob(ctx context.Context, payload []byte, l levels.Level) []byte {
	tasks, err := readJob(payload)
	if err != nil {
		return append([]byte{refused}, err.Error()...)
	}
	return wire.AppendResults([]byte{ran}, l.Run(ctx, tasks))
}

// The first byte of a job's output.
const (
	ran     = 'r' // results follow
	refused = 'x' // the reason follows
)

func readJob(payload []byte) ([]levels.Task, error) {
	if len(payload) == 0 {
		return nil, errors.New("the job is empty")
	}
	if payload[0] != wire.Version {
		return nil, fmt.Errorf("the worker speaks protocol %d, the caller %d: build both from the same version", wire.Version, payload[0])
	}
	return wire.Tasks(payload[1:])
}

// readOutput reads what serveJob wrote. Only what has run can be lost.
func readOutput(output []byte, results []levels.Result) error {
	switch {
	case len(output) > 0 && output[0] == ran:
		if err := wire.Results(output[1:], results); err != nil {
			return fmt.Errorf("%w: %w", levels.ErrLost, err)
		}
		return nil
	case len(output) > 0 && output[0] == refused:
		return fmt.Errorf("a machine refuses: %s", output[1:])
	}
	return fmt.Errorf("%w: the answer cannot be read", levels.ErrLost)
}
