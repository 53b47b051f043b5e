package demo

import (
	"context"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

const (
	heartBeat = time.Millisecond
	heartFlat = 30 * time.Millisecond // a gap of this or more is drawn as a flat line
)

// A heartTally sums up a pulse.
type heartTally struct {
	due, seen int
	longest   time.Duration // gap between two beats
	flat      int           // gaps of heartFlat or more
}

// A heartPulse is a task of a loop that asks to be called back each millisecond, and notes
// when it is.
type heartPulse struct {
	stage *live.Stage
	call  *loop.Call // the thread of the loop alone uses it

	mu     sync.Mutex // guards the rest
	begin  time.Duration
	last   time.Duration // beat; this and all moments are on the clock of the show
	alive  live.Span     // since the begin, or the last flat line
	recent time.Duration // the longest gap since the last report
	marked time.Duration // the longest gap since the last mark
	tally  heartTally
}

// start is the task.
func (p *heartPulse) start(c *loop.Call) {
	p.mu.Lock()
	p.call, p.begin = c, p.stage.Now()
	p.last = p.begin
	p.live(p.begin)
	p.mu.Unlock()
	c.After(heartBeat, p.beat)
}

// beat is called back by the loop, on its thread.
func (p *heartPulse) beat() {
	p.mu.Lock()
	now := p.stage.Now()
	gap := now - p.last
	p.tally.seen++
	p.tally.longest, p.recent, p.marked = max(p.tally.longest, gap), max(p.recent, gap), max(p.marked, gap)
	if gap >= heartFlat {
		p.tally.flat++
		p.die(p.last)
		p.stage.Span(live.Span{Lane: "pulse", Task: -1, State: live.Dark, T0: int64(p.last), T1: int64(now)})
		p.stage.Count(live.Count{Name: "flat lines", Value: float64(p.tally.flat), Bad: true})
		p.live(now)
	}
	p.last = now
	p.mu.Unlock()
	p.call.After(heartBeat-(now-p.begin)%heartBeat, p.beat) // a beat too late does not move those to come
}

// live begins a span of beats, and die ends it.
func (p *heartPulse) live(at time.Duration) {
	p.alive = live.Span{Lane: "pulse", Task: -1, State: live.Running, T0: max(1, int64(at))}
	p.stage.Span(p.alive)
}

func (p *heartPulse) die(at time.Duration) {
	p.alive.T1 = max(p.alive.T0+1, int64(at))
	p.stage.Span(p.alive)
}

// report draws the longest gap of each twentieth of a second until ctx ends. A point for
// every beat would be more than anybody can see.
func (p *heartPulse) report(ctx context.Context) {
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.point()
		}
	}
}

func (p *heartPulse) point() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.call == nil { // it has not begun
		return
	}
	gap := max(p.recent, p.stage.Now()-p.last)
	p.recent = 0
	p.stage.Point(live.Point{Series: "longest gap", Value: gap.Seconds() * 1000, Unit: "ms"})
	p.stage.Count(live.Count{Name: "beats", Value: float64(p.tally.seen)})
}

// during is the longest gap while f runs, with one that goes on at its end. One that went
// on at its begin counts with what came before.
func (p *heartPulse) during(f func()) time.Duration {
	p.mu.Lock()
	p.marked = 0
	p.mu.Unlock()
	f()
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.marked, p.stage.Now()-p.last)
}

// sum is the tally until now. A gap that goes on counts.
func (p *heartPulse) sum() heartTally {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, now := p.tally, p.stage.Now()
	if p.call == nil { // it has not begun
		return t
	}
	t.due = int((now - p.begin) / heartBeat)
	t.longest = max(t.longest, now-p.last)
	p.die(now)
	return t
}
