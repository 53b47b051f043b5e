// Package crew spreads batches of tasks over workers.
//
// It is what the levels have in common; they differ in what a worker is. A
// worker does not get its tasks handed over one by one: it claims slices of the
// batch, large ones while much is left and single tasks at the end. So a claim
// is rare, and no worker is left with more than its share. This is guided
// self-scheduling (Polychronopoulos and Kuck, 1987).
package crew

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels"
)

// A Batch is one call of Run: its tasks, and the results so far. Workers write
// only to the slots they claimed, so results need no lock.
type Batch struct {
	Ctx     context.Context
	Tasks   []levels.Task
	Results []levels.Result

	share int           // a claim takes 1/share of what is left
	next  atomic.Int64  // the first task that nobody has claimed
	left  atomic.Int64  // tasks without a result
	done  chan struct{} // closed when none is left
}

// NewBatch returns a batch to be run by the given number of workers. There
// must be at least one task.
func NewBatch(ctx context.Context, tasks []levels.Task, workers int) *Batch {
	b := &Batch{Ctx: ctx, Tasks: tasks, Results: make([]levels.Result, len(tasks)), share: 2 * workers, done: make(chan struct{})}
	b.left.Store(int64(len(tasks)))
	return b
}

// Claim takes the next tasks [lo, hi) for the caller alone, who must give each
// a result and then call [Batch.Finish]. It takes least of them or more, while
// there are as many. Once all are taken, lo == hi.
func (b *Batch) Claim(least int) (lo, hi int) {
	for {
		lo := b.next.Load()
		rest := int64(len(b.Tasks)) - lo
		if rest <= 0 {
			return 0, 0
		}
		n := min(max(rest/int64(b.share), int64(least)), 1024, rest)
		if b.next.CompareAndSwap(lo, lo+n) {
			return int(lo), int(lo + n)
		}
	}
}

// Claimed reports whether all tasks are taken.
func (b *Batch) Claimed() bool { return b.next.Load() >= int64(len(b.Tasks)) }

// Finish says that n more tasks have their results.
func (b *Batch) Finish(n int) {
	if b.left.Add(int64(-n)) == 0 {
		close(b.done)
	}
}

// Leave is Finish for whoever runs tasks, to be deferred: it also finishes those of a Func
// that ended its goroutine. If a Func panics it finishes nothing, for the program is about
// to die, and a caller that woke up meanwhile would take what there is for results.
func (b *Batch) Leave(n int) {
	if v := recover(); v != nil {
		panic(v) // the trace still shows where it began
	}
	b.Finish(n)
}

// Fail gives all tasks that nobody has claimed the same error.
func (b *Batch) Fail(err error) {
	n := int64(len(b.Tasks))
	lo := b.next.Swap(n)
	for i := lo; i < n; i++ {
		b.Results[i].Err = err
	}
	if lo < n {
		b.Finish(int(n - lo))
	}
}

// Done is closed when every task has a result.
func (b *Batch) Done() <-chan struct{} { return b.done }

var errGoexit = errors.New("the function ended its goroutine (runtime.Goexit) instead of returning")

// Do runs tasks in the calling goroutine, one after another. A Func that calls
// [runtime.Goexit] takes the goroutine with it: then its task fails, the rest
// runs on the way out, and Do does not return. A panic goes on its way.
func Do(ctx context.Context, funcs levels.Funcs, tasks []levels.Task, results []levels.Result) {
	i := 0
	defer func() {
		if i == len(tasks) {
			return
		}
		if v := recover(); v != nil {
			panic(v) // the trace still shows where it began
		}
		results[i].Err = errGoexit
		Do(ctx, funcs, tasks[i+1:], results[i+1:])
	}()
	for ; i < len(tasks); i++ {
		results[i] = funcs.Do(ctx, tasks[i])
	}
}

// Each has run do slices of a batch, one after another, until none is left. What
// run was doing is finished even if a Func ends the goroutine.
func Each(b *Batch, run func(ctx context.Context, tasks []levels.Task, results []levels.Result)) {
	for lo, hi := b.Claim(1); lo < hi; lo, hi = b.Claim(1) {
		func() {
			defer b.Leave(hi - lo)
			run(b.Ctx, b.Tasks[lo:hi], b.Results[lo:hi])
		}()
	}
}
