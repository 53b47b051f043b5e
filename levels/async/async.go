// Package async is the level of asynchronous I/O: many tasks wait at once, each
// in a goroutine, and the runtime's network poller wakes those whose answer is
// there.
//
// A waiting goroutine costs some kilobytes and no thread. That is why this
// level keeps more tasks in flight than any other, and why the code of a task
// reads as if it blocked. Tasks that compute gain no more than there are
// processors, and the level gives them no memory of their own: a panic ends the
// program (see [levels.Recover]).
package async

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// Config tells what the tasks may call, and how many may be in flight.
type Config struct {
	Funcs    levels.Funcs
	InFlight int // tasks at once, over all calls of Run; 0 means 256
}

// A Level runs tasks in goroutines that it starts for each Run.
//
// Neither cancel nor Close interrupts a Func: they wait until it returns. A
// task must not Run another on the same Level, for both might wait for a slot
// that only the other can give back.
type Level struct {
	funcs    levels.Funcs
	inFlight int
	slots    *semaphore.Weighted // one for each goroutine that runs tasks
	gate     levels.Gate
}

var _ levels.Level = (*Level)(nil)

// New returns a Level that is ready to run tasks. It holds no resources until
// it does.
func New(c Config) *Level {
	if c.InFlight <= 0 {
		c.InFlight = 256
	}
	return &Level{funcs: c.Funcs, inFlight: c.InFlight, slots: semaphore.NewWeighted(int64(c.InFlight))}
}

// Run implements [levels.Level].
func (l *Level) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !l.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer l.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	workers := min(l.inFlight, len(tasks))
	b := crew.NewBatch(ctx, tasks, workers)
	var wg sync.WaitGroup
	for range workers {
		if !l.acquire(b) {
			break
		}
		if b.Claimed() { // the first ones were quick
			l.slots.Release(1)
			break
		}
		wg.Go(func() { l.work(&wg, b) })
	}
	if ctx.Err() != nil {
		b.Fail(context.Cause(ctx))
	}
	wg.Wait()
	return b.Results
}

// acquire waits for a free slot. It reports false if there is no need any more:
// ctx has ended, or those at work have finished the batch.
func (l *Level) acquire(b *crew.Batch) bool {
	if l.slots.TryAcquire(1) {
		return true
	}
	ctx, cancel := context.WithCancel(b.Ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-b.Done():
			cancel()
		case <-ctx.Done():
		}
	})
	err := l.slots.Acquire(ctx, 1)
	cancel()
	watching.Wait()
	return err == nil
}

// work runs slices of the batch until none is left, and gives its slot back.
func (l *Level) work(wg *sync.WaitGroup, b *crew.Batch) {
	ended := false
	defer func() {
		if ended {
			l.slots.Release(1)
		} else { // a Func ended this goroutine, so another takes place and slot
			wg.Go(func() { l.work(wg, b) })
		}
	}()
	for lo, hi := b.Claim(1); lo < hi; lo, hi = b.Claim(1) {
		crew.Do(b.Ctx, l.funcs, b.Tasks[lo:hi], b.Results[lo:hi])
	}
	ended = true
}

// Close implements [levels.Level].
func (l *Level) Close() error { return l.gate.Close() }
