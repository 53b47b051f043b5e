package queue

import (
	"context"
	"sync"
	"time"
)

// A tryContext is the ctx of a try. It becomes a context of the standard
// library's when somebody asks for more than what is tried: most handlers do not, and
// a timer and two nodes in a tree of contexts cost more than a short job
// (a quarter of the worker's time, without this).
type tryContext struct {
	attempt  *Attempt
	parent   context.Context // of all tries of the lane
	deadline time.Time       // zero if there is none

	mu     sync.Mutex
	real   context.Context
	cancel context.CancelCauseFunc
	stop   context.CancelFunc
	cause  error // why it was cancelled, before it was real
	ended  bool
}

func (c *tryContext) become() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real == nil {
		c.real, c.cancel = context.WithCancelCause(c.parent)
		if c.stop = func() {}; !c.deadline.IsZero() {
			c.real, c.stop = context.WithDeadline(c.real, c.deadline)
		}
		if c.ended {
			c.cancel(c.cause)
			c.stop()
		}
	}
	return c.real
}

// end cancels the context; a cause of nil means that the try is over.
func (c *tryContext) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.ended {
		c.ended, c.cause = true, cause
	}
	if c.real != nil {
		c.cancel(cause)
		c.stop()
	}
}

// why returns the cause for which the context was cancelled, if it was.
func (c *tryContext) why() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.ended:
		return c.cause
	case c.real != nil:
		return context.Cause(c.real)
	}
	return context.Cause(c.parent)
}

// Deadline implements [context.Context].
func (c *tryContext) Deadline() (time.Time, bool) { return c.deadline, !c.deadline.IsZero() }

// Done implements [context.Context].
func (c *tryContext) Done() <-chan struct{} { return c.become().Done() }

// Err implements [context.Context].
func (c *tryContext) Err() error { return c.become().Err() }

// Value implements [context.Context].
func (c *tryContext) Value(key any) any {
	if key == (attemptKey{}) {
		return c.attempt
	}
	return c.become().Value(key)
}
