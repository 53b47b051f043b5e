package async

import (
	"context"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// semaphore starts a goroutine for each task, and waits for a slot before it does.
func (l *Level) semaphore(ctx context.Context, tasks []levels.Task) []levels.Result {
	results := make([]levels.Result, len(tasks))
	var wg sync.WaitGroup
	defer wg.Wait()
	for i := range tasks {
		if err := l.slots.Acquire(ctx, 1); err != nil {
			copy(results[i:], levels.Failed(len(tasks)-i, context.Cause(ctx)))
			break
		}
		wg.Go(func() {
			defer l.slots.Release(1)
			crew.Do(ctx, l.funcs, tasks[i:i+1], results[i:i+1])
		})
	}
	return results
}

// errgroup is semaphore in the words of package errgroup: Go waits for a slot. What
// that package is for, to end all when one fails, is not wanted here: a task's error is
// its own.
func (l *Level) errgroup(ctx context.Context, tasks []levels.Task) []levels.Result {
	results := make([]levels.Result, len(tasks))
	var g errgroup.Group
	var dying atomic.Bool
	g.SetLimit(l.inFlight)
	for i := range tasks {
		g.Go(func() error {
			defer func() {
				if v := recover(); v != nil {
					dying.Store(true)
					panic(v)
				}
			}()
			crew.Do(ctx, l.funcs, tasks[i:i+1], results[i:i+1])
			return nil
		})
	}
	g.Wait() // never fails, but does not wait for a panic to end the program, as sync.WaitGroup does
	if dying.Load() {
		select {}
	}
	return results
}
