// Package thread is the level of threads: a standing crew of operating-system
// threads that share one memory.
//
// Go hides threads behind goroutines. Here each worker is locked to a thread of
// its own for life, so that its costs can be seen: waking a thread takes a
// system call and, if its processor sleeps, tens of microseconds; a thread that
// waits holds its stack. What threads share they can also spoil for each other:
// a panic ends the program (see [levels.Recover]).
package thread

import (
	"context"
	"runtime"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// Config tells what the tasks may call, and how many threads run them.
type Config struct {
	Funcs   levels.Funcs
	Threads int // 0 means one for each processor (GOMAXPROCS)
}

// New starts the threads and returns the level they make up. Each runs one task
// at a time; Close ends them.
//
// Neither cancel nor Close interrupts a Func: they wait until it returns. A
// task must not Run another on the same level, for the crew may be all busy
// waiting for that.
func New(c Config) levels.Level {
	if c.Threads <= 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	return crew.New(c.Threads, func() crew.Worker {
		runtime.LockOSThread() // never unlocked: the thread ends with the worker
		return worker{c.Funcs}
	})
}

type worker struct{ funcs levels.Funcs }

func (w worker) Work(b *crew.Batch) {
	crew.Each(b, func(ctx context.Context, tasks []levels.Task, results []levels.Result) {
		crew.Do(ctx, w.funcs, tasks, results)
	})
}

func (worker) Close() error { return nil }
