package loop

import (
	"context"

	"github.com/fourlevels/fourlevels/levels"
)

// A batch is one call of Run.
type batch struct {
	ctx     context.Context
	tasks   []levels.Task
	results []levels.Result
	next    int // the first task that has not started
	left    int // tasks without a result, and slices that an Executor has
	calls   list[*Call]
	done    chan struct{} // closed when nothing is left
}

func newBatch(ctx context.Context, tasks []levels.Task) *batch {
	return &batch{ctx: ctx, tasks: tasks, results: make([]levels.Result, len(tasks)), left: len(tasks), done: make(chan struct{})}
}

func (b *batch) finish(i int, r levels.Result) {
	b.results[i] = r
	b.release()
}

func (b *batch) release() {
	if b.left--; b.left == 0 {
		close(b.done)
	}
}

// start begins some tasks of the batch whose turn it is.
func (l *loop) start() {
	if len(l.batches) == 0 {
		return
	}
	b := l.batches[0]
	for budget := startsPerPass; budget > 0 && b.next < len(b.tasks) && l.inFlight < l.config.InFlight; {
		i := b.next
		b.next++
		if !l.begin(b, i) {
			budget-- // what is handed over costs the loop next to nothing
		}
	}
	l.batches[0] = nil
	l.batches = l.batches[1:]
	if b.next < len(b.tasks) {
		l.batches = append(l.batches, b)
	}
}

// begin starts task i. It reports whether the task goes to the Executor.
func (l *loop) begin(b *batch, i int) (handed bool) {
	t := b.tasks[i]
	f, ok := l.config.Async[t.Func]
	switch {
	case b.ctx.Err() != nil:
		b.finish(i, levels.Result{Err: context.Cause(b.ctx)})
	case ok:
		c := &Call{Ctx: b.ctx, Input: t.Input, loop: l, batch: b, index: i}
		b.calls.push(&c.link, c)
		l.inFlight++
		l.enter(c, func() { f(c) })
	case l.config.Executor != nil:
		l.inFlight++
		l.hand(b, l.config.Executor, errand{task: t, index: i})
		return true
	default:
		l.running = running{batch: b, index: i}
		r := l.config.Funcs.Do(b.ctx, t)
		l.running = running{}
		b.finish(i, r)
	}
	return false
}

// abandon ends a batch whose ctx has ended. What an Executor has, has the ctx too,
// and is waited for: it may still read the inputs.
func (l *loop) abandon(b *batch) {
	cause := levels.Result{Err: context.Cause(b.ctx)}
	for c := b.calls.first(); c != nil; c = b.calls.first() {
		c.end(cause)
	}
	for b.next < len(b.tasks) {
		i := b.next
		b.next++
		b.finish(i, cause)
	}
}
