package starvedexecutor

import (
	"context"
	"sync/atomic"
	"time"
)

// A Pool is an executor with so many places: it runs so many functions at once.
type Pool struct {
	places  chan struct{} // taken, as many as it holds
	waiting atomic.Int32  // for a place
	came    atomic.Int32
	went    atomic.Int32
	full    chan struct{} // closed once all places have been taken
	ctx     context.Context
}

// newPool opens an executor. When ctx ends, nobody waits for a place any more.
func newPool(ctx context.Context, places int) *Pool {
	return &Pool{places: make(chan struct{}, places), full: make(chan struct{}), ctx: ctx}
}

// Do waits for a place, and for f to be run there.
func (p *Pool) Do(f func()) {
	p.waiting.Add(1)
	select {
	case p.places <- struct{}{}:
	case <-p.ctx.Done():
		return
	}
	p.waiting.Add(-1)
	defer func() {
		<-p.places
		p.went.Add(1)
	}()
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

// watch calls stuck when for every place one waits, and nobody has come or gone for a while.
func (p *Pool) watch(stuck func()) {
	for came, went := int32(0), int32(0); ; {
		select {
		case <-p.ctx.Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
		still := came == p.came.Load() && went == p.went.Load()
		if still && int(p.waiting.Load()) >= cap(p.places) {
			stuck()
		}
		came, went = p.came.Load(), p.went.Load()
	}
}
