package crew

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A Worker runs a slice of a batch and puts result i of task i into results.
// One goroutine at a time uses it.
type Worker interface {
	Run(ctx context.Context, tasks []levels.Task, results []levels.Result)
	Close() error
}

// A Crew is a level of standing workers, each with a goroutine of its own.
type Crew struct {
	size   int
	price  time.Duration // of handing a slice to a worker
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
//
// Price is about what it costs to hand a slice of a batch to a worker. Where it
// is not 0, slices are as large as is needed to take that long: single tasks at
// the end of a batch would balance the workers, but at a price above the gain.
func New(n int, price time.Duration, hire func() Worker) *Crew {
	c := &Crew{size: n, price: price, hire: hire, offers: make(chan *Batch), quit: make(chan struct{})}
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
			c.run(w, b)
		}
		select {
		case b = <-c.offers:
		case <-c.quit:
			ended = true
			return
		}
	}
}

// run runs slices of the batch until none is left.
func (c *Crew) run(w Worker, b *Batch) {
	least := 1
	for lo, hi := b.Claim(least); lo < hi; lo, hi = b.Claim(least) {
		start := time.Now()
		shift(w, b, lo, hi)
		least = max(least, int(time.Duration(hi-lo)*c.price/(time.Since(start)+1)))
	}
}

// shift finishes what it runs even if a Func ends the goroutine.
func shift(w Worker, b *Batch, lo, hi int) {
	defer b.Finish(hi - lo)
	w.Run(b.Ctx, b.Tasks[lo:hi], b.Results[lo:hi])
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
