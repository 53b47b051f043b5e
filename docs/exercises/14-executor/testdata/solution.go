// Package executor is a level of your own. This is the only file that you change.
package executor

import (
	"context"
	"errors"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// An Executor runs tasks on workers, so many at once over all calls of Run.
type Executor struct {
	funcs  levels.Funcs
	places chan struct{} // one for each task at work
	gate   levels.Gate
}

var _ levels.Level = (*Executor)(nil)

var errGoexit = errors.New("the task ended its goroutine")

// at is the key of the ctx of tasks: they have a place at this Executor.
type at struct{ *Executor }

// New opens an executor that knows funcs and has n workers. A task that panics fails with a
// *levels.PanicError, and nothing else does.
func New(funcs levels.Funcs, n int) *Executor {
	return &Executor{funcs: levels.Recover(funcs), places: make(chan struct{}, n)}
}

// Run implements [levels.Level]. A task may Run others on the same Executor, and wait.
func (e *Executor) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !e.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer e.gate.Leave()
	places := e.places
	if ctx.Value(at{e}) != nil { // the caller has a place, and does not use it while it waits
		places = make(chan struct{}, 1)
	}
	inside := context.WithValue(ctx, at{e}, true)
	results := levels.Failed(len(tasks), errGoexit) // unless it returns
	var wg sync.WaitGroup
	for i, task := range tasks {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			results[i].Err = context.Cause(ctx)
			continue
		}
		wg.Go(func() {
			defer func() { <-places }()
			results[i] = e.funcs.Do(inside, task)
		})
	}
	wg.Wait()
	return results
}

// Close implements [levels.Level].
func (e *Executor) Close() error { return e.gate.Close() }
