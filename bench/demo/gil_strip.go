package demo

import (
	"fmt"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

// A gilStrip draws what threads do with the lock: a lane for each thread, which runs while
// it has the lock.
type gilStrip struct {
	stage *live.Stage
	lanes []string // of the threads, by their numbers; those without one are not drawn

	mu    sync.Mutex
	open  map[int]live.Span // what each thread is doing
	turns int
}

func newGilStrip(s *live.Stage, lanes []string) *gilStrip {
	return &gilStrip{stage: s, lanes: lanes, open: map[int]live.Span{}}
}

// threadLanes are names for n threads, as far as there is room on the stage.
func threadLanes(s *live.Stage, n int) (lanes []string) {
	for i := range min(n, s.Lanes()) {
		lanes = append(lanes, fmt.Sprintf("thread %d", i+1))
	}
	return lanes
}

// watch is for [gil.Config].
func (g *gilStrip) watch(thread int, does gil.Doing) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if does == gil.Holds {
		g.turns++
		g.stage.Count(live.Count{Name: "turns at the lock", Value: float64(g.turns)})
	}
	if thread >= len(g.lanes) {
		return
	}
	now := int64(max(1, g.stage.Now()))
	if span, ok := g.open[thread]; ok {
		span.T1 = max(span.T0+1, now)
		now = span.T1
		g.stage.Span(span)
		delete(g.open, thread)
	}
	if state, ok := gilStates[does]; ok {
		g.open[thread] = live.Span{Lane: g.lanes[thread], Task: -1, State: state, T0: now}
		g.stage.Span(g.open[thread])
	}
}

// gilStates are how it is drawn. Who is gone does nothing.
var gilStates = map[gil.Doing]live.State{gil.Wants: live.Queued, gil.Holds: live.Running, gil.Away: live.Waiting}

// slowLock is a lock in slow motion, whose threads are drawn.
func (g *gilShow) slowLock(threads int, lanes []string) gil.Config {
	strip := newGilStrip(g.stage, lanes)
	return gil.Config{Funcs: gilFuncs(), Threads: threads, Switch: max(time.Millisecond, g.scaled(gilSlower*gilSwitch)), Watch: strip.watch}
}
