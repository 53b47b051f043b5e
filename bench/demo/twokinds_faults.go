package demo

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// hanging is how long a peer hangs: longer than anybody waits for it.
const hanging = workload.MaxLatency

// When what goes wrong does so by itself. It goes by pages: a time would miss a run on a
// slow machine, or its end.
const (
	hangAt = 9  // the page whose peer hangs
	killAt = 16 // a child is killed while this page is worked on, or else the next one
)

// faults are what goes wrong, and what the loop makes of it.
type faults struct {
	hang   atomic.Bool  // the next page's peer hangs
	hung   atomic.Bool  // one has hung, or will
	killed atomic.Int64 // children

	// The rest belongs to the thread of the loop while that runs.
	expected bool // fetches have a timeout, and something goes wrong
	fetched  int  // fetches begun
	executed int  // pages that were given to the children
	timeouts int
	retries  int
	done     int // pages
	pages    int // that are asked for
	took     time.Duration
}

// disturb has twice as many pages done by both kinds at once, while a peer hangs and a child
// is killed.
func (k *kindsShow) disturb(ctx context.Context) (err error) {
	f := &k.faults
	f.expected, f.pages, f.done = true, 2*kindPages, 0
	k.scene("4 of 4: a peer hangs (h), a child is killed (k)", fmt.Sprintf("Both at once, with %d pages, and %v for a page to come.", f.pages, k.scaled(kindTimeout)))
	trouble, end := context.WithCancel(ctx)
	var troubling sync.WaitGroup
	troubling.Go(func() { k.listen(trouble) })
	f.took, err = k.run(ctx, kindsWays[2], f.pages)
	end()
	troubling.Wait()
	if err != nil {
		return err
	}
	k.Count(live.Count{Name: "timeouts", Value: float64(f.timeouts), Unit: "pages"})
	k.Count(live.Count{Name: "begun again", Value: float64(f.retries), Unit: "pages"})
	k.Say(fmt.Sprintf("Timeouts: %d. Children killed: %d. Pages done: %d of %d.", f.timeouts, f.killed.Load(), f.done, f.pages))
	return nil
}

// listen makes a peer hang and kills a child when the presenter says so.
func (k *kindsShow) listen(ctx context.Context) {
	for {
		select {
		case key := <-k.Keys():
			switch key {
			case 'h':
				k.faults.hung.Store(true)
				k.hang()
			case 'k':
				k.stab()
			}
		case <-ctx.Done():
			return
		}
	}
}

// hangs says whether the peer of the fetch that begins is to hang. It makes one do so if
// nobody else has.
func (k *kindsShow) hangs() bool {
	f := &k.faults
	if !f.expected {
		return false
	}
	if f.fetched++; f.fetched >= hangAt && f.hung.CompareAndSwap(false, true) {
		k.hang()
	}
	return f.hang.CompareAndSwap(true, false)
}

func (k *kindsShow) hang() {
	k.faults.hang.Store(true)
	k.Say("A peer hangs.")
}

// stabs has a child killed in the middle of its work, if nobody else has killed one. It does
// so for each page until it has found a child.
func (k *kindsShow) stabs(c *loop.Call) {
	f := &k.faults
	if !f.expected {
		return
	}
	if f.executed++; f.executed < killAt {
		return
	}
	c.After(k.scaled(kindWorking)/4, func() {
		if f.killed.Load() == 0 {
			k.stab()
		}
	})
}

func (k *kindsShow) stab() {
	if pid := k.children.kill(); pid > 0 {
		k.faults.killed.Add(1)
		k.Say(fmt.Sprintf("Child %d is killed (kill -9).", pid))
	}
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
	t.Note = fmt.Sprintf("%d sockets, %d children. Faults: timeouts %d, children killed %d, pages begun again %d, lost %d.", kindWidth, kindWidth, f.timeouts, f.killed.Load(), f.retries, f.pages-f.done)
	k.Table(t)
	k.Say(twoKindsPunchline)
}
