package peers

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// A rig is a queue in use: a program that leaves jobs, and workers. It is good
// for one turn.
type rig interface {
	produce(ctx context.Context, from, to int) error      // leaves the jobs of these numbers, at once if the queue can
	queued(ctx context.Context, jobs int) error           // unless that many wait, where that can be asked
	start(ctx context.Context) error                      // the workers
	stop(ctx context.Context) error                       // the workers, when they have told how all jobs ended
	ended(ctx context.Context, last string) (bool, error) // whether the result of a job can be read
	verify(ctx context.Context) error                     // that the kept results of a sample are the right ones
	close() error
}

// A load is what a rig is given to do.
type load struct {
	jobs      int
	batch     int  // jobs enqueued by one call
	producers int  // goroutines that enqueue
	ids       bool // each job is given its own
	size      int  // bytes of a payload; 0 means as few as there may be. Ours have their kind instead.
}

// produce leaves all jobs.
func (l load) produce(ctx context.Context, r rig) error {
	return l.each(ctx, func(from, to int) error { return r.produce(ctx, from, to) })
}

// each has the producers do all batches, until one fails.
func (l load) each(ctx context.Context, do func(from, to int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var producers sync.WaitGroup
	for range l.producers {
		producers.Go(func() {
			for ctx.Err() == nil {
				to := int(next.Add(int64(l.batch)))
				if to-l.batch >= l.jobs {
					return
				}
				if err := do(to-l.batch, min(to, l.jobs)); err != nil {
					cancel(err)
				}
			}
		})
	}
	producers.Wait()
	return context.Cause(ctx)
}

// every is the distance of the jobs whose results are read back.
func (l load) every() int { return max(1, l.jobs/500) }

// sample are the numbers of those jobs: about five hundred, or all.
func (l load) sample() []int {
	var numbers []int
	for n := 0; n < l.jobs; n += l.every() {
		numbers = append(numbers, n)
	}
	return numbers
}

// finish waits until all jobs ran and the result of the last can be read. That
// is the end of what is timed.
func (l load) finish(ctx context.Context, r rig, t *tally) error {
	if err := t.wait(ctx); err != nil {
		return err
	}
	return until(ctx, "the last result", func() (bool, error) { return r.ended(ctx, t.last) })
}

// work runs f while workers work, then stops them. Each job must have run once.
func work(ctx context.Context, r rig, t *tally, f func() error) error {
	if err := r.start(ctx); err != nil {
		return err
	}
	if err := f(); err != nil {
		return errors.Join(err, r.stop(ctx))
	}
	return errors.Join(r.stop(ctx), t.check())
}

// running is work that measures, and closes the rig at the end.
func running(ctx context.Context, r rig, t *tally, f func() ([]float64, error)) (values []float64, err error) {
	err = work(ctx, r, t, func() error {
		values, err = f()
		return err
	})
	return values, errors.Join(err, r.close())
}

// endToEnd enqueues while workers work, and returns jobs a second.
func endToEnd(ctx context.Context, l load, t *tally, r rig) ([]float64, error) {
	return whole(ctx, l, t, r, func(took time.Duration) []float64 { return []float64{rate(l.jobs, took)} })
}

// whole enqueues while workers work, and returns what measure says when all is
// done.
func whole(ctx context.Context, l load, t *tally, r rig, measure func(took time.Duration) []float64) ([]float64, error) {
	return running(ctx, r, t, func() ([]float64, error) {
		begun := time.Now()
		if err := l.produce(ctx, r); err != nil {
			return nil, err
		}
		if err := l.finish(ctx, r, t); err != nil {
			return nil, err
		}
		values := measure(time.Since(begun))
		return values, r.verify(ctx)
	})
}

// fillAndDrain enqueues first, and then lets workers work. It returns the jobs a
// second of both.
func fillAndDrain(ctx context.Context, l load, t *tally, r rig) ([]float64, error) {
	begun := time.Now()
	err := l.produce(ctx, r)
	filled := time.Since(begun)
	if err == nil {
		err = r.queued(ctx, l.jobs)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	begun = time.Now()
	return running(ctx, r, t, func() ([]float64, error) {
		if err := l.finish(ctx, r, t); err != nil {
			return nil, err
		}
		return []float64{rate(l.jobs, filled), rate(l.jobs, time.Since(begun))}, r.verify(ctx)
	})
}
