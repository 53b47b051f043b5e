package levels

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// ErrFull says that so much waits already that the task was turned away. It has not run, and
// may be tried again later.
var ErrFull = errors.New("level is full")

// A Limit is a level around another: it hands over so many tasks at once and no more,
// over all calls of Run. So it keeps a crowd from what stands behind the level: a disk, a
// database, a machine with little memory.
//
// A batch waits for room for one task, takes all the room there is, and goes in
// together. The price: its next part goes in when all of that part is done. Where tasks
// take very different times, it is the slowest that the others wait for.
type Limit struct {
	Level Level
	Tasks int // at once; 0 means one for each processor (GOMAXPROCS)

	// Waiting is how many more may wait for room. A batch that does not fit in any more
	// fails at once with [ErrFull], unless it is alone. 0 means that any number may wait:
	// then whoever calls Run without waiting for it fills the memory with what waits.
	Waiting int

	once sync.Once
	room chan struct{} // has an element for each task inside
	held atomic.Int64  // tasks inside, or waiting
	gate Gate
}

// Depth is how many tasks are inside or wait.
func (l *Limit) Depth() int { return int(l.held.Load()) }

// Run implements [Level].
func (l *Limit) Run(ctx context.Context, tasks []Task) []Result {
	if !l.gate.Enter() {
		return Failed(len(tasks), ErrClosed)
	}
	defer l.gate.Leave()
	l.once.Do(func() { l.room = make(chan struct{}, cmp.Or(max(l.Tasks, 0), runtime.GOMAXPROCS(0))) })
	if !l.admit(len(tasks)) {
		return Failed(len(tasks), ErrFull)
	}
	defer l.held.Add(-int64(len(tasks)))
	results := make([]Result, 0, len(tasks))
	for len(results) < len(tasks) {
		n := l.enter(ctx, len(tasks)-len(results))
		if n == 0 {
			return append(results, Failed(len(tasks)-len(results), context.Cause(ctx))...)
		}
		results = append(results, l.inside(ctx, tasks[len(results):len(results)+n])...)
	}
	return results
}

// admit counts tasks in, unless they are too many.
func (l *Limit) admit(n int) bool {
	for {
		held := l.held.Load()
		if l.Waiting > 0 && held > 0 && held+int64(n) > int64(cap(l.room)+l.Waiting) {
			return false
		}
		if l.held.CompareAndSwap(held, held+int64(n)) {
			return true
		}
	}
}

// inside runs tasks that there is room for, and leaves the room, even if a Func panics.
func (l *Limit) inside(ctx context.Context, tasks []Task) []Result {
	defer func() {
		for range tasks {
			<-l.room
		}
	}()
	return l.Level.Run(ctx, tasks)
}

// enter makes room for up to so many tasks, and returns for how many: for none if ctx
// has ended.
func (l *Limit) enter(ctx context.Context, most int) (n int) {
	select {
	case l.room <- struct{}{}:
	case <-ctx.Done():
		return 0
	}
	for n = 1; n < most; n++ {
		select {
		case l.room <- struct{}{}:
		default:
			return n
		}
	}
	return n
}

// Close implements [Level]. It lets the calls inside finish first: they have parts of
// their batches yet to hand over.
func (l *Limit) Close() error {
	l.gate.Close()
	return l.Level.Close()
}
