package shortlease

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A clock is virtual: its time goes on only when all who go by it sleep, and then at
// once. One goroutine runs at a time, in an order that is the same in every run.
type clock struct {
	now      time.Duration
	sleepers []sleeper // in the order in which they went to sleep
}

type sleeper struct {
	until time.Duration
	wake  chan struct{}
}

// forever ends goroutines that are still at it then.
const forever = time.Hour

// run runs f in goroutines that go by the clock, and waits for them.
func (c *clock) run(goroutines int, f func()) {
	var wg sync.WaitGroup
	for range goroutines {
		me := sleeper{c.now, make(chan struct{})}
		c.sleepers = append(c.sleepers, me)
		wg.Go(func() {
			<-me.wake
			defer c.next()
			f()
		})
	}
	c.next()
	wg.Wait()
}

// sleep lets others run until so much time is over.
func (c *clock) sleep(d time.Duration) {
	me := sleeper{c.now + d, make(chan struct{})}
	c.sleepers = append(c.sleepers, me)
	c.next()
	<-me.wake
	if c.now > forever {
		runtime.Goexit()
	}
}

// next wakes the one that is due first.
func (c *clock) next() {
	if len(c.sleepers) == 0 {
		return
	}
	first := slices.MinFunc(c.sleepers, func(a, b sleeper) int { return cmp.Compare(a.until, b.until) })
	c.sleepers = slices.DeleteFunc(c.sleepers, func(s sleeper) bool { return s == first })
	c.now = first.until
	close(first.wake)
}
