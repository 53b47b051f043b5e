package demo

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// hanging is how long a peer hangs: longer than anybody waits for it.
const hanging = workload.MaxLatency

// faults are what goes wrong, and what the loop makes of it.
type faults struct {
	hang     atomic.Bool // the next page's peer hangs
	expected bool        // fetches have a timeout; set while the loop has nothing to do
	timeouts int         // on the thread of the loop
	retries  int         // the same
	killed   int
	pages    int
	took     time.Duration
}

// disturb has twice as many pages done by both kinds at once, while a peer hangs and a child
// is killed.
func (k *kindsShow) disturb(ctx context.Context) (err error) {
	f := &k.faults
	f.expected, f.pages = true, 2*kindPages
	k.scene("4 of 4: a peer hangs (h), a child is killed (k)", fmt.Sprintf("Both at once, with %d pages, and %v for a page to come.", f.pages, k.scaled(kindTimeout)))
	trouble, end := context.WithCancel(ctx)
	var troubling sync.WaitGroup
	troubling.Go(func() { k.trouble(trouble) })
	f.took, err = k.run(ctx, kindsWays[2], f.pages)
	end()
	troubling.Wait()
	if err != nil {
		return err
	}
	k.Count(live.Count{Name: "timeouts", Value: float64(f.timeouts), Unit: "pages"})
	k.Count(live.Count{Name: "begun again", Value: float64(f.retries), Unit: "pages"})
	k.Say(fmt.Sprintf("Timeouts: %d. Children killed: %d. Pages done: %d of %d.", f.timeouts, f.killed, f.pages, f.pages))
	return nil
}

// trouble makes a peer hang and kills a child, when the presenter says so or after a while.
func (k *kindsShow) trouble(ctx context.Context) {
	hang := time.NewTimer(k.scaled(700 * time.Millisecond))
	defer hang.Stop()
	stab := time.NewTimer(k.scaled(1500 * time.Millisecond))
	defer stab.Stop()
	for {
		key := ' '
		select {
		case <-hang.C:
			key = 'h'
		case <-stab.C:
			key = 'k'
		case key = <-k.Keys():
		case <-ctx.Done():
			return
		}
		switch key {
		case 'h':
			hang.Stop()
			k.faults.hang.Store(true)
			k.Say("A peer hangs.")
		case 'k':
			stab.Stop()
			if pid := k.children.kill(); pid > 0 {
				k.faults.killed++
				k.Say(fmt.Sprintf("Child %d is killed (kill -9).", pid))
			}
		}
	}
}

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

// conclude shows the demo's numbers.
func (k *kindsShow) conclude() {
	t := live.Table{Title: "two kinds at once", Head: []string{"", "pages", "seconds", "against both"}}
	both := k.took[2].Seconds()
	for i, way := range kindsWays {
		took := k.took[i].Seconds()
		t.Rows = append(t.Rows, []string{way.name, fmt.Sprint(kindPages), three(took), fmt.Sprintf("%.2fx", took/both)})
	}
	f := &k.faults
	t.Rows = append(t.Rows, []string{"both, with faults", fmt.Sprint(f.pages), three(f.took.Seconds()), fmt.Sprintf("%.2fx a page", f.took.Seconds()/float64(f.pages)*kindPages/both)})
	t.Note = fmt.Sprintf("%d sockets, %d children. Faults: timeouts %d, children killed %d, pages begun again %d, lost 0.", kindWidth, kindWidth, f.timeouts, f.killed, f.retries)
	k.Table(t)
	k.Say(twoKindsPunchline)
}
