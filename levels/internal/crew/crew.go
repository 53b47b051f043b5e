package crew

import (
	"context"
	"errors"
	"sync"

	"github.com/fourlevels/fourlevels/levels"
)

// A Worker does its part of batches. One goroutine at a time uses it.
type Worker interface {
	// Work claims slices of the batch, runs their tasks and finishes them, until
	// there is nothing left to claim.
	Work(b *Batch)
	Close() error
}

// A Crew is a level of standing workers, each with a goroutine of its own.
type Crew struct {
	size   int
	hire   func() Worker
	offers chan *Batch    // to whichever worker is free
	quit   chan struct{}  // closed once no Run is left
	hands  sync.WaitGroup // the workers' goroutines
	gate   levels.Gate

	mu   sync.Mutex // guards errs, and closing quit once
	errs []error    // of the workers' Close
}

var _ levels.Level = (*Crew)(nil)

// New puts n workers to work. hire is called in each worker's goroutine.
func New(n int, hire func() Worker) *Crew {
	c := &Crew{size: n, hire: hire, offers: make(chan *Batch), quit: make(chan struct{})}
	for range n {
		c.hands.Go(func() { c.work(nil) })
	}
	return c
}

// work is the life of a worker. It begins with b, unless that is nil.
func (c *Crew) work(b *Batch) {
	w := c.hire()
	ended := false
	defer func() {
		if !ended { // a Func ended this goroutine, so another takes its place
			c.hands.Go(func() { c.work(b) })
		}
		if err := w.Close(); err != nil {
			c.mu.Lock()
			c.errs = append(c.errs, err)
			c.mu.Unlock()
		}
	}()
	for {
		if b != nil {
			w.Work(b)
		}
		select {
		case b = <-c.offers:
		case <-c.quit:
			ended = true
			return
		}
	}
}

// Run implements [levels.Level].
func (c *Crew) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !c.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer c.gate.Leave()
	if len(tasks) == 0 {
		return nil
	}
	b := NewBatch(ctx, tasks, c.size)
	c.offer(b)
	<-b.Done()
	return b.Results
}

// offer calls workers to the batch until there are enough of them, or until
// those who came have taken all of it.
func (c *Crew) offer(b *Batch) {
	for range min(c.size, len(b.Tasks)) {
		select {
		case c.offers <- b:
		case <-b.done:
			return
		case <-b.Ctx.Done():
			b.Fail(context.Cause(b.Ctx))
			return
		}
	}
}

// Close implements [levels.Level]. Its error joins those of the workers.
func (c *Crew) Close() error {
	c.gate.Close()
	c.mu.Lock()
	select {
	case <-c.quit:
	default:
		close(c.quit)
	}
	c.mu.Unlock()
	c.hands.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	err := errors.Join(c.errs...)
	c.errs = nil
	return err
}
