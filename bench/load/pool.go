package load

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A call is one that is due.
type call struct {
	i        int
	due      time.Time
	measured bool
	free     bool // there was a worker for it when it was released
}

// A pool is the workers of an open loop, standing by, and the calls that wait
// for one. One lock guards it all, so that one set of histograms, 660 KB,
// does for all workers; it is taken three times a call, none of it in the service
// time.
type pool struct {
	workers int

	mu     sync.Mutex
	more   sync.Cond // a call is released, or the pool closed
	queue  []call    // in the order of their due times
	closed bool
	meter  meter
	result Result
}

func newPool(workers int, from time.Time) *pool {
	p := &pool{workers: workers, meter: meter{from: from}}
	p.more.L = &p.mu
	p.result = Result{Response: NewHistogram(), Service: NewHistogram(), Lateness: NewHistogram()}
	return p
}

// release puts a due call into the queue. It is in flight since it was due: what the
// generator was late counts in its response time, so it must count here, too. How late
// that may be is a check of its own.
func (p *pool) release(c call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.free = p.meter.n < p.workers
	now := time.Now()
	p.meter.step(now, 1)
	p.meter.owe(now.Sub(c.due), now)
	p.queue = append(p.queue, c)
	p.more.Signal()
}

// work makes calls until the pool is closed and the queue is empty, or until ctx
// ends.
func (p *pool) work(ctx context.Context, worker int, op Op) {
	for {
		c, ok := p.take(ctx)
		if !ok {
			return
		}
		start := time.Now()
		err := op(ctx, worker, c.i)
		p.done(c, start, time.Now(), err)
	}
}

func (p *pool) take(ctx context.Context) (c call, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 {
		if p.closed {
			return call{}, false
		}
		p.more.Wait()
	}
	if ctx.Err() != nil {
		return call{}, false
	}
	c, p.queue = p.queue[0], p.queue[1:]
	return c, true
}

func (p *pool) done(c call, start, end time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.meter.step(end, -1)
	if !c.measured {
		return
	}
	r := &p.result
	r.Calls++
	if c.free {
		Record(r.Lateness, start.Sub(c.due))
	}
	if err != nil {
		r.Errors++
		return
	}
	Record(r.Response, end.Sub(c.due))
	Record(r.Service, end.Sub(start))
}

// close drops the calls that wait for a worker, lets the others be made, and
// sends the workers home. A call that had a worker is not dropped: it was only
// on its way.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.drop(func(c call) bool { return !c.free })
	p.more.Broadcast()
}

// finish returns the result. The workers are gone, and if they left calls
// behind, because ctx ended, these are dropped.
func (p *pool) finish() Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop(func(call) bool { return true })
	p.meter.close(time.Now(), &p.result)
	return p.result
}

// drop takes calls out of the queue. Its caller holds the lock.
func (p *pool) drop(which func(call) bool) {
	now := time.Now()
	p.queue = slices.DeleteFunc(p.queue, func(c call) bool {
		if !which(c) {
			return false
		}
		p.meter.step(now, -1)
		if c.measured {
			p.result.Dropped++
		}
		return true
	})
}
