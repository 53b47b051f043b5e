package demo

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// page returns what the loop does for a page: it is the code that the demo is about. All of
// it runs on the thread of the loop, so nothing here needs a lock.
func (k *kindsShow) page(whole bool) loop.Func {
	return func(c *loop.Call) {
		c.After(time.Minute, func() { c.Done(nil, errors.New("the page was not done within a minute")) })
		number, err := strconv.Atoi(string(c.Input))
		if err != nil {
			c.Done(nil, err)
			return
		}
		k.fetch(c, number, func(body []byte, err error) {
			switch {
			case err != nil:
				c.Done(nil, err)
			case whole:
				k.execute(c, number)
			default:
				r := k.pool.Run(c.Ctx, k.job(number))[0] // and the loop waits
				k.finish(c, number, r.Output, r.Err)
			}
		})
	}
}

// fetch gets the page over one of the sockets. If its peer hangs, another is asked.
func (k *kindsShow) fetch(c *loop.Call, number int, then func([]byte, error)) {
	k.sockets.take(func(lane *strip) {
		lane.become(live.Waiting, number)
		settled := false
		settle := func(body []byte, err error) {
			settled = true
			lane.end()
			k.sockets.give(lane)
			then(body, err)
		}
		if k.faults.expected {
			c.After(k.scaled(kindTimeout), func() {
				if settled {
					return
				}
				settled = true
				k.faults.timeouts++
				lane.lose()
				lane.become(live.Again, number)
				c.Fetch(k.url(number, k.scaled(kindAnswering)), settle)
			})
		}
		latency := k.scaled(kindAnswering)
		if k.hangs() {
			latency = hanging
		}
		c.Fetch(k.url(number, latency), func(body []byte, err error) {
			if !settled {
				settle(body, err)
			}
		})
	})
}

// execute has a child work on the page while the loop goes on. A child that dies loses it,
// so that another gets it.
func (k *kindsShow) execute(c *loop.Call, number int) {
	c.Execute(k.pool, k.job(number)[0], func(output []byte, err error) {
		if errors.Is(err, levels.ErrLost) && c.Ctx.Err() == nil {
			k.faults.retries++
			k.execute(c, number)
			return
		}
		k.finish(c, number, output, err)
	})
	k.stabs(c)
}

// job is what a child is asked.
func (k *kindsShow) job(number int) []levels.Task {
	return live.NumberFrom(number, []levels.Task{k.work.Task(number, 0)})
}

// finish is the end of a page. It fails if the child did not do the work.
func (k *kindsShow) finish(c *loop.Call, number int, output []byte, err error) {
	if err == nil {
		err = k.work.Check(k.work.Input(number, 0), output)
	}
	if err != nil {
		c.Done(nil, fmt.Errorf("page %d: %w", number, err))
		return
	}
	k.faults.done++
	c.Done(output, nil)
}

// url asks the peer for a page, and to wait.
func (k *kindsShow) url(number int, latency time.Duration) string {
	q := url.Values{"i": {strconv.Itoa(number)}, "latency": {latency.String()}}
	return k.origin + "/wait?" + q.Encode()
}

// sockets are as many as may be in use at once. They belong to the thread of the loop.
type sockets struct {
	all, free []*strip
	queue     []func(*strip) // who waits for one
}

func newSockets(s *live.Stage) *sockets {
	ss := &sockets{}
	for i := range kindWidth {
		ss.all = append(ss.all, &strip{stage: s, span: live.Span{Lane: fmt.Sprint("socket ", i+1)}})
	}
	ss.free = append(ss.free, ss.all...)
	return ss
}

func (ss *sockets) lanes() (names []string) {
	for _, l := range ss.all {
		names = append(names, l.span.Lane)
	}
	return names
}

// take calls then with a socket, at once or when one is free.
func (ss *sockets) take(then func(*strip)) {
	if len(ss.free) == 0 {
		ss.queue = append(ss.queue, then)
		return
	}
	s := ss.free[0]
	ss.free = ss.free[1:]
	then(s)
}

// give takes a socket back.
func (ss *sockets) give(s *strip) {
	ss.free = slices.Insert(ss.free, 0, s) // so that one page at a time needs one socket
	if len(ss.queue) > 0 {
		next := ss.queue[0]
		ss.queue = ss.queue[1:]
		ss.take(next)
	}
}
