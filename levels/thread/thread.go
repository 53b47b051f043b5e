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
	"cmp"
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/thread/internal/staff"
)

// Config tells what the tasks may call, and how many threads run them.
type Config struct {
	Funcs   levels.Funcs
	Threads int // 0 means one for each processor (GOMAXPROCS)

	// Variant is how tasks get to threads; "" means "crew".
	//
	//	crew      standing threads, which claim slices of a batch
	//	channel   standing threads, to which each task goes through a channel
	//	per-task  a new thread for each task: the naive way, to compare with
	Variant string

	// Help has the caller of Run work too, instead of only waiting. In a crew it
	// takes the place of one thread, so a lone task wakes nobody; elsewhere it runs
	// a task itself when no thread is free. The price: such a task runs in the
	// caller's goroutine, and one that ends it takes the call along, as in
	// [levels.Serial].
	Help bool

	// Spin is how long a thread of a crew without work, or a caller who waits for the
	// last result, looks before it sleeps; negative means not at all, as GOMAXPROCS=1
	// does. One processor stays free, and spins in vain become rare.
	//
	// 0 means 20 µs, which on two busy processors cost next to nothing. 200 µs there
	// made a lone task take 1 µs instead of 9 when it came right after another, but
	// not always, and twice as long as without when it came 200 µs later.
	Spin time.Duration
}

// Variants are the names of all, the default first.
var Variants = []string{"crew", "channel", "per-task"}

// New starts the threads and returns the level they make up. Each runs one task
// at a time; Close ends them.
//
// It fails if there is no such variant, and if the runtime or the system do not
// allow so many threads: to run into that limit would end the program.
//
// Neither cancel nor Close interrupts a Func: they wait until it returns. A
// task must not Run another on the same level, for the crew may be all busy
// waiting for that.
func New(c Config) (levels.Level, error) {
	if c.Threads <= 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	c.Spin = max(cmp.Or(c.Spin, 20*time.Microsecond), 0)
	level, err := c.open()
	if err != nil {
		return nil, fmt.Errorf("thread: %w", err)
	}
	return level, nil
}

func (c Config) open() (levels.Level, error) {
	switch cmp.Or(c.Variant, "crew") {
	case "crew":
		return staff.New(staff.Config{Threads: c.Threads, Help: c.Help, Spin: c.Spin, Work: func(b *crew.Batch) {
			crew.Each(b, func(ctx context.Context, tasks []levels.Task, results []levels.Result) {
				crew.Do(ctx, c.Funcs, tasks, results)
			})
		}})
	case "channel":
		return newChannel(c)
	case "per-task":
		return newPerTask(c)
	}
	return nil, fmt.Errorf("variant %q is unknown: have %q", c.Variant, Variants)
}
