package peers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A kind of jobs: what goes into job n, which job it is by that, and what must
// come out.
type kind[T comparable] struct {
	task   queue.Task[T, T]
	in     func(n int) T
	number func(in T) int
	out    func(n int) T
}

// kept is how long results are kept: longer than a turn may take.
const kept = 2 * time.Minute

// numbers are the jobs of all figures but those of memory.
var numbers = kind[int]{
	task:   queue.NewTask[int, int]("number", queue.KeepFor(kept)),
	in:     func(n int) int { return n },
	number: func(in int) int { return in },
	out:    answer,
}

// pages are jobs whose payload and result have 200 bytes, with the quotes that
// JSON adds.
var pages = kind[string]{
	task:   queue.NewTask[string, string]("page", queue.KeepFor(kept)),
	in:     func(n int) string { return pad(n, 198) },
	number: unpad,
	out:    func(n int) string { return pad(answer(n), 198) },
}

// pad writes n in so many bytes, or as few as it takes.
func pad(n, size int) string {
	text := strconv.Itoa(n)
	return text + strings.Repeat("x", max(0, size-len(text)))
}

// unpad reads what pad wrote; anything else is -1, which no job has.
func unpad(text string) int {
	n, err := strconv.Atoi(strings.TrimRight(text, "x"))
	if err != nil {
		return -1
	}
	return n
}

// setup is how our queue is used.
type setup struct {
	shards      int
	workers     int            // 0 means 1
	concurrency int            // of each worker
	producer    *redis.Options // of the clients of Redis; nil means those of all
	worker      *redis.Options
	options     []queue.Option // of the jobs
}

func (s setup) open(ctx context.Context, o *redis.Options) (*queue.Queue, error) {
	if o == nil {
		o = options()
	}
	rdb := redis.NewClient(o)
	defer rdb.Close() // the queue makes its own from the options
	return queue.New(ctx, rdb, queue.Config{Name: "peers", Shards: s.shards})
}

// ours is our queue as a rig.
type ours[T comparable] struct {
	kind     kind[T]
	setup    setup
	load     load
	tally    *tally
	queue    *queue.Queue // of the producer
	observer *queue.Queue // looks at results
	names    []string     // ids, if jobs are given them
	handles  []queue.Job[T]

	crew sync.WaitGroup
	end  context.CancelFunc
	errs []error
}

func newOurs[T comparable](ctx context.Context, k kind[T], s setup, l load, t *tally) (*ours[T], error) {
	q, err := s.open(ctx, s.producer)
	if err != nil {
		return nil, err
	}
	o := &ours[T]{kind: k, setup: s, load: l, tally: t, queue: q, handles: make([]queue.Job[T], len(l.sample()))}
	if o.observer, err = s.open(ctx, nil); err != nil {
		return nil, errors.Join(err, q.Close())
	}
	if l.ids {
		o.names = names(l.jobs)
	}
	return o, nil
}

// names are ids as a program has them anyway: making them is not timed.
func names(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = "order-" + strconv.Itoa(1_000_000+i)
	}
	return ids
}

func (o *ours[T]) produce(ctx context.Context, from, to int) error {
	opts := o.setup.options
	if o.load.batch == 1 {
		if o.load.ids {
			opts = append(opts[:len(opts):len(opts)], queue.ID(o.names[from]))
		}
		job, err := o.kind.task.Enqueue(ctx, o.queue, o.kind.in(from), opts...)
		if err == nil {
			o.remember(from, *job)
		}
		return err
	}
	if o.load.ids {
		opts = append(opts[:len(opts):len(opts)], queue.IDs(o.names[from:to]...))
	}
	return o.produceMany(ctx, from, to, opts)
}

func (o *ours[T]) produceMany(ctx context.Context, from, to int, opts []queue.Option) error {
	ins := make([]T, to-from)
	for i := range ins {
		ins[i] = o.kind.in(from + i)
	}
	verdicts, err := o.kind.task.EnqueueMany(ctx, o.queue, ins, opts...)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		if v.Err != nil {
			return v.Err
		}
		o.remember(from+i, v.Job)
	}
	return nil
}

// remember keeps the handles of the jobs whose results are read back.
func (o *ours[T]) remember(n int, job queue.Job[T]) {
	if every := o.load.every(); n%every == 0 {
		o.handles[n/every] = job
	}
}

func (o *ours[T]) start(ctx context.Context) error {
	ctx, o.end = context.WithCancel(ctx)
	o.errs = make([]error, max(o.setup.workers, 1))
	for i := range o.errs {
		q, err := o.setup.open(ctx, o.setup.worker)
		if err != nil {
			return errors.Join(err, o.stop(ctx))
		}
		w := queue.NewWorker(q, queue.WorkerConfig{Concurrency: o.setup.concurrency, Logger: slog.New(slog.DiscardHandler)})
		queue.Handle(w, o.kind.task, func(ctx context.Context, in T) (T, error) {
			n := o.kind.number(in)
			o.tally.ran(n, func() string { return queue.AttemptOf(ctx).ID })
			return o.kind.out(n), nil
		})
		o.crew.Go(func() { o.errs[i] = errors.Join(w.Run(ctx), q.Close()) })
	}
	return nil
}

// stop ends the workers: they return when all is told.
func (o *ours[T]) stop(context.Context) error {
	o.end()
	o.crew.Wait()
	return errors.Join(o.errs...)
}

func (o *ours[T]) ended(ctx context.Context, last string) (bool, error) {
	status, err := queue.Find[T](o.observer, last).Status(ctx)
	return status == queue.Done, err
}

func (o *ours[T]) verify(ctx context.Context) error {
	for i, n := range o.load.sample() {
		job := o.handles[i]
		if o.load.ids && job.ID != o.names[n] {
			return fmt.Errorf("job %d has the id %q, want %q", n, job.ID, o.names[n])
		}
		got, err := job.Wait(ctx)
		if err != nil {
			return fmt.Errorf("result of job %d: %w", n, err)
		}
		if want := o.kind.out(n); got != want {
			return fmt.Errorf("result of job %d is %v, want %v", n, got, want)
		}
	}
	return nil
}

// queued cannot be asked: the verdict on each job was that it is enqueued, and
// that each runs shows it.
func (o *ours[T]) queued(context.Context, int) error { return nil }

func (o *ours[T]) close() error { return errors.Join(o.queue.Close(), o.observer.Close()) }
