package starvedexecutor

import (
	"context"
	"sync/atomic"
)

// A Pool is an executor with so many places: it runs so many functions at once.
type Pool struct {
	places chan struct{} // taken, as many as it holds
	came   atomic.Int32
	full   chan struct{} // closed once all places have been taken
	ctx    context.Context
}

// newPool opens an executor. When ctx ends, nobody waits for a place any more.
func newPool(ctx context.Context, places int) *Pool {
	return &Pool{places: make(chan struct{}, places), full: make(chan struct{}), ctx: ctx}
}

// Do waits for a place, and for f to be run there.
func (p *Pool) Do(f func()) {
	select {
	case p.places <- struct{}{}:
	case <-p.ctx.Done():
		return
	}
	defer func() { <-p.places }()
	p.begin()
	f()
}

// begin lets the first ones begin together, as it happens on a busy day: so what this
// shows is not up to the scheduler.
func (p *Pool) begin() {
	if int(p.came.Add(1)) == cap(p.places) {
		close(p.full)
	}
	select {
	case <-p.full:
	case <-p.ctx.Done():
	}
}
