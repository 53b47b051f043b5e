package async

import (
	"context"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// pool starts as many goroutines as may run. Each claims slices of the batch until
// none is left, so most tasks cost no goroutine of their own.
func (l *Level) pool(ctx context.Context, tasks []levels.Task) []levels.Result {
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
	crew.Each(b, func(ctx context.Context, tasks []levels.Task, results []levels.Result) {
		crew.Do(ctx, l.funcs, tasks, results)
	})
	ended = true
}
