package demo

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// children gives those that report the lanes of the children: whoever comes takes the first
// that is free, so that the successor of a dead one has its lane.
type children struct {
	stage     *live.Stage
	collector *live.Collector

	mu      sync.Mutex
	places  []seat
	again   map[int]bool // tasks that were lost
	retired bool         // whoever leaves now is not missed
}

// A seat is the lane of a child.
type seat struct {
	lane strip // that nobody is there
	pid  int   // 0 while nobody is
	busy bool
}

func newChildren(s *live.Stage) (c *children, err error) {
	c = &children{stage: s, again: map[int]bool{}}
	for _, name := range childLanes() {
		c.places = append(c.places, seat{lane: strip{stage: s, span: live.Span{Lane: name}}})
	}
	c.collector, err = live.Collect(c, live.CollectorConfig{Joined: c.joined, Left: c.left, Lane: c.laneOf})
	return c, err
}

func childLanes() (names []string) {
	for i := range kindWidth {
		names = append(names, fmt.Sprint("child ", i+1))
	}
	return names
}

func (c *children) close() error { return c.collector.Close() }

// retire says that the children are about to leave.
func (c *children) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.retired = true
}

// at is the place of a child, and of nobody for 0; nil if there is none.
func (c *children) at(pid int) *seat {
	i := slices.IndexFunc(c.places, func(p seat) bool { return p.pid == pid })
	if i < 0 {
		return nil
	}
	return &c.places[i]
}

func (c *children) joined(p live.Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if free := c.at(0); free != nil {
		free.pid, free.busy = p.PID, false
		free.lane.end()
	}
}

func (c *children) left(p live.Peer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if its := c.at(p.PID); its != nil {
		its.pid, its.busy = 0, false
		if !c.retired {
			its.lane.become(live.Dark, -1)
		}
	}
}

func (c *children) laneOf(p live.Peer, _ string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if its := c.at(p.PID); its != nil {
		return its.lane.span.Lane
	}
	return fmt.Sprint("child ", p.PID) // one too many: its predecessor is not known to be dead yet
}

// Now implements [live.Sink].
func (c *children) Now() time.Duration { return c.stage.Now() }

// Span implements [live.Sink].
func (c *children) Span(s live.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if its := c.at(s.PID); its != nil {
		its.busy = s.T1 == 0
	}
	if s.Task >= warming {
		return
	}
	switch {
	case s.State == live.Lost:
		c.again[s.Task] = true
	case c.again[s.Task]:
		s.State = live.Again
	}
	c.stage.Span(s)
}

// kill kills a child that is at work, or else any, and returns its process id; 0 if there
// is none. It is ours: it knows the token that only our children get.
func (c *children) kill() (pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.places {
		if p.pid > 0 && (p.busy || pid == 0) {
			pid = p.pid
		}
	}
	if pid == 0 {
		return 0
	}
	child, err := os.FindProcess(pid)
	if err != nil || child.Kill() != nil {
		return 0
	}
	return pid
}
