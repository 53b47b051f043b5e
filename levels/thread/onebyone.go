package thread

import (
	"context"
	"runtime"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/thread/internal/limit"
)

// A oneByOne is a level whose caller hands over each task by itself. What a crew
// saves can be seen by comparing with it.
type oneByOne struct {
	Config
	gate     levels.Gate
	threads  sync.WaitGroup
	giveBack func() // the reservation of threads, once

	// handOver gives a task to a thread and returns true, or it returns false: ctx
	// has ended, or the caller may help and nobody is free.
	handOver func(job) bool
	dismiss  func() // sends standing threads home, once
}

// A job is the task lo of a batch.
type job struct {
	batch *crew.Batch
	lo    int
}

func (o *oneByOne) do(j job) {
	defer j.batch.Leave(1)
	crew.Do(j.batch.Ctx, o.Funcs, j.batch.Tasks[j.lo:j.lo+1], j.batch.Results[j.lo:j.lo+1])
}

// Run implements [levels.Level].
func (o *oneByOne) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !o.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer o.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	b := crew.NewBatch(ctx, tasks, len(tasks)) // with so many workers each claim is a single task
	defer func() {
		if v := recover(); v != nil {
			panic(v) // there is nothing to wait for any more
		}
		b.Fail(levels.ErrLost) // of nothing, unless a Func has ended this goroutine
		<-b.Done()
	}()
	for lo, hi := b.Claim(1); lo < hi; lo, hi = b.Claim(1) {
		if j := (job{b, lo}); !o.handOver(j) {
			o.do(j) // fails with its cause if ctx has ended, as all to come
		}
	}
	<-b.Done()
	return b.Results
}

// Close implements [levels.Level].
func (o *oneByOne) Close() error {
	o.gate.Close()
	o.dismiss()
	o.threads.Wait()
	o.giveBack()
	return nil
}

// newChannel returns a level of standing threads that receive their tasks. The
// channel has no buffer: a task in a buffer would have left its caller, who could
// not cancel it any more, nor see that it waits.
func newChannel(c Config) (levels.Level, error) {
	giveBack, err := limit.Reserve(c.Threads)
	if err != nil {
		return nil, err
	}
	jobs := make(chan job)
	o := &oneByOne{Config: c, giveBack: sync.OnceFunc(giveBack), dismiss: sync.OnceFunc(func() { close(jobs) })}
	o.handOver = func(j job) bool { return send(jobs, j, j.batch.Ctx, c.Help) }
	for range c.Threads {
		o.threads.Go(func() { o.receive(jobs) })
	}
	return o, nil
}

// receive is the life of a standing thread.
func (o *oneByOne) receive(jobs <-chan job) {
	runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
	limit.Begin()
	ended := false
	defer func() {
		limit.End()
		if !ended { // a Func ended this goroutine, so another takes its place
			o.threads.Go(func() { o.receive(jobs) })
		}
	}()
	for j := range jobs {
		o.do(j)
	}
	ended = true
}

// newPerTask returns a level that starts a thread for each task. Go keeps threads
// to use them again; one that is locked when its goroutine ends is not kept.
func newPerTask(c Config) (levels.Level, error) {
	giveBack, err := limit.Reserve(c.Threads)
	if err != nil {
		return nil, err
	}
	slots := make(chan struct{}, c.Threads) // one in it for each thread there is
	o := &oneByOne{Config: c, giveBack: sync.OnceFunc(giveBack), dismiss: func() {}}
	o.handOver = func(j job) bool {
		if !send(slots, struct{}{}, j.batch.Ctx, c.Help) {
			return false
		}
		o.threads.Go(func() {
			runtime.LockOSThread()
			limit.Begin()
			defer func() { limit.End(); <-slots }()
			o.do(j)
		})
		return true
	}
	return o, nil
}

// send reports whether v was sent before ctx ended, or at once.
func send[T any](ch chan<- T, v T, ctx context.Context, atOnce bool) bool {
	if ctx.Err() != nil {
		return false
	}
	if atOnce {
		select {
		case ch <- v:
			return true
		default:
			return false
		}
	}
	select {
	case ch <- v:
		return true
	case <-ctx.Done():
		return false
	}
}
