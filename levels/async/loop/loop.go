// Package loop is what asyncio really is: one thread, an event loop, sockets that
// never block, and no goroutine for a task.
//
// Package async leaves all this to the Go runtime, and its tasks read as if they
// blocked. Here nothing is hidden: a task registers what it waits for and returns,
// and the loop calls it back. A waiting task costs some hundred bytes and no stack;
// the price is that its code is cut into callbacks, and that a function which
// computes, or blocks, holds up every other task.
//
// It needs epoll (Linux) or kqueue (macOS).
package loop

import (
	"context"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// Config tells what the tasks may call. The zero Config makes a loop that knows no
// function.
type Config struct {
	// Funcs run on the thread of the loop, one after another: one that blocks,
	// blocks all. This is the pitfall of asyncio, and Executor is its cure.
	Funcs levels.Funcs

	// Async are functions written for the loop. They win over Funcs of their name.
	Async map[string]Func

	// Executor gets all tasks that are not Async, as with run_in_executor, and the
	// loop goes on meanwhile; then Funcs is not used. It is the caller's to close.
	// Nil means that Funcs run on the loop.
	Executor levels.Level

	InFlight int // Async and handed-over tasks at once, over all calls of Run; 0 means 16384
}

// A Level runs tasks on one thread. A panic on it ends the program: levels.Recover is
// a remedy for Funcs, and there is none for Async, whose callbacks come from anywhere.
//
// Cancel and Close interrupt no Func, as at other levels. An Async task that waits
// when its ctx ends is abandoned: its connections are closed, and it is not called
// back. A task must not Run another on the same Level, for the loop would wait for
// itself.
type Level struct {
	loop   *loop
	thread sync.WaitGroup // the goroutine of the loop, and its successors
	gate   levels.Gate
	close  func() error // ends the loop, once
}

var _ levels.Level = (*Level)(nil)

// New starts the thread of the loop. Close ends it.
func New(c Config) (*Level, error) {
	if c.InFlight <= 0 {
		c.InFlight = 16 << 10
	}
	lp, err := newLoop(c)
	if err != nil {
		return nil, err
	}
	l := &Level{loop: lp}
	l.close = sync.OnceValue(l.end)
	l.thread.Go(func() { l.live() })
	return l, nil
}

// Run implements [levels.Level].
func (l *Level) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !l.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer l.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	b := newBatch(ctx, tasks)
	l.loop.post(func() { l.loop.batches = append(l.loop.batches, b) })
	select {
	case <-b.done:
	case <-ctx.Done():
		l.loop.post(func() { l.loop.abandon(b) })
		<-b.done
	}
	return b.results
}

// Close implements [levels.Level]. It closes the connections and ends the thread.
func (l *Level) Close() error {
	l.gate.Close()
	return l.close()
}

func (l *Level) end() error {
	l.loop.post(func() { l.loop.quit = true })
	l.thread.Wait()
	l.loop.hands.Wait()
	return l.loop.shut()
}
