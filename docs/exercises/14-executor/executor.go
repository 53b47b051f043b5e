// Package executor is a level of your own. This is the only file that you change.
package executor

import (
	"context"
	"runtime"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// An Executor runs tasks on workers, so many at once over all calls of Run.
//
// Your part: keep what levels.Level promises, with at most n tasks at work.
type Executor struct {
	funcs levels.Funcs
	n     int
}

var _ levels.Level = (*Executor)(nil)

// New opens an executor that knows funcs and has n workers. A task that panics fails with a
// *levels.PanicError, and nothing else does.
func New(funcs levels.Funcs, n int) *Executor {
	return &Executor{funcs: funcs, n: n}
}

// Run implements [levels.Level]. A task may Run others on the same Executor, and wait.
func (e *Executor) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	results := make([]levels.Result, len(tasks))
	var wg sync.WaitGroup
	for i, task := range tasks {
		wg.Go(func() {
			runtime.LockOSThread() // a thread for each task, made by hand
			results[i] = e.funcs.Do(ctx, task)
		})
	}
	wg.Wait()
	return results
}

// Close implements [levels.Level].
func (e *Executor) Close() error { return nil }
