package loop

import (
	"context"
	"errors"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A Func is a function written for the loop. It runs on the loop's thread, so it
// must not block: it registers what it waits for, and returns.
type Func func(c *Call)

// A Call is one task under way. It ends with [Call.Done], which the Func or one of
// its callbacks must call once; a Call that has nothing left to wait for and is not
// done fails. A Call is for the thread of the loop alone.
//
//	func(c *loop.Call) {
//		c.After(time.Second, func() { c.Done(nil, errSlow) })
//		c.Fetch(string(c.Input), c.Done) // whichever is first
//	}
type Call struct {
	Ctx   context.Context
	Input []byte // only to be read

	loop  *loop
	batch *batch
	index int
	link  link[*Call] // among the calls of the batch
	ops   list[op]    // what is to be called off if the Call ends first
	waits int         // callbacks to come
	done  bool        // by Done
	ended bool        // by Done, or by the end of ctx
}

// An op is an operation that can be called off.
type op interface{ callOff() }

var errForgotten = errors.New("the function returned, has not called Done, and waits for nothing")

// Done ends the task. What it still waits for is called off, but for a task that another
// level has begun: Run waits for that. Calling Done again is a
// mistake, and panics.
func (c *Call) Done(output []byte, err error) {
	if c.done {
		panic("loop: Done was called twice for one task")
	}
	c.done = true
	c.end(levels.Result{Output: output, Err: err})
}

// After calls then in d from now, or a little later: epoll counts in milliseconds.
func (c *Call) After(d time.Duration, then func()) {
	if c.ended {
		return
	}
	t := &timer{call: c, at: time.Now().Add(d), then: then}
	c.waits++
	c.ops.push(&t.link, t)
	c.loop.timers.add(t)
}

// Fetch gets the body that belongs to a URL, as [Get] says, and calls then.
func (c *Call) Fetch(url string, then func(body []byte, err error)) {
	c.fetch(&fetch{url: url, then: then})
}

func (c *Call) fetch(f *fetch) {
	if c.ended {
		return
	}
	f.call = c
	c.waits++
	c.ops.push(&f.link, f)
	c.loop.fetch(f)
}

// Execute runs a task on another level and calls then with its result. The loop goes
// on meanwhile. The level gets the ctx of the Call.
func (c *Call) Execute(on levels.Level, t levels.Task, then func(output []byte, err error)) {
	if c.ended {
		return
	}
	c.waits++
	c.loop.hand(c.batch, on, errand{task: t, call: c, then: then})
}

// end gives the task its result, unless it has one.
func (c *Call) end(r levels.Result) {
	if c.ended {
		return
	}
	c.ended = true
	for o := c.ops.first(); o != nil; o = c.ops.first() {
		o.callOff()
	}
	c.link.leave()
	c.loop.inFlight--
	c.batch.finish(c.index, r)
}

// enter runs the user's code for c.
func (l *loop) enter(c *Call, f func()) {
	l.running = running{c.batch, c.index, c}
	f()
	l.running = running{}
	if c.waits == 0 {
		c.end(levels.Result{Err: errForgotten})
	}
}
