package simulation

import "strconv"

// A lane follows ../lane.go, ../claim.go, ../lease.go and ../tell.go: the same
// decisions, as a machine of states in place of goroutines.
type lane struct {
	*worker
	id       string
	claimed  bool
	renewed  int64
	next     int64
	event    int64 // when there is something to see to; -1 means never
	since    int64
	aborts   map[string]bool
	verdicts []*try
	left     map[int64]int
	empty    []int64
	running  []*try // in the order of their batches
	fetching teller
	ending   teller
	parks    bool
	telling  bool
	asleep   bool  // nothing to fetch, nothing to tell
	planned  int64 // when the keeper looks next; -1 means that it is not planned
	beating  bool
}

// A teller tells verdicts, each with a number, and again until it is answered.
type teller struct {
	name   string
	number int64
	untold []*telling
}

// A telling is one call of finish.
type telling struct {
	call   Finish
	tries  []*try
	parts  []part
	answer int
}

// A try is a job that runs, and how it ended: 'o' with an outcome, or a trouble.
type try struct {
	item    Item
	lane    string
	batch   int64
	index   int
	kind    byte
	outcome string
	after   int64
	over    bool // its handler has returned
}

// renew begins a lane anew.
func (l *lane) renew() {
	l.count++
	l.id = l.name + "." + strconv.Itoa(l.count)
	l.claimed, l.next, l.since, l.event = false, 1, 0, -1
	l.left, l.empty, l.verdicts = map[int64]int{}, nil, nil
	l.running = nil
	l.fetching, l.ending = teller{name: "fetching"}, teller{name: "ending"}
}

func (l *lane) claim(want int, tidy bool) Claim {
	return Claim{Lane: l.id, Number: l.next, Want: want, Lease: l.lease, New: !l.claimed, Since: l.since, Most: maxDead, Tidy: tidy, Skew: l.skew}
}

// fetch is one exchange with Redis, or the wait for a reason to have one.
func (l *lane) fetch() {
	l.asleep = false
	want := 0
	if l.backlog && !l.stopping {
		want = min(l.free, 500)
	}
	switch {
	case l.stopping:
		l.drain()
	case !l.claimed:
		l.exchange(nil, 0, true, func(ok bool, c Claimed) {
			if ok {
				l.accept(c, 0)
			}
			l.again(ok)
		})
	case !l.backlog:
		l.park()
	case want == 0 && len(l.verdicts)+len(l.fetching.untold) == 0:
		l.asleep = true
	default:
		l.free -= want
		l.exchange(&l.fetching, want, want > 0, func(ok bool, c Claimed) {
			if !ok {
				l.free += want
			} else if want > 0 {
				l.accept(c, want)
				l.backlog = len(c.Items) == want
			}
			l.again(ok)
		})
	}
}

// again goes on, after an error a little later.
func (l *lane) again(ok bool) {
	if ok {
		l.fetch()
	} else {
		l.soon(100, l.fetch)
	}
}

// wake has the lane look again, if it does nothing.
func (l *lane) wake() {
	if l.asleep {
		l.fetch()
	}
}

// exchange has t tell verdicts and claims. Its claim and its numbers are those of now.
func (l *lane) exchange(t *teller, want int, look bool, done func(ok bool, c Claimed)) {
	var told []*telling
	if t != nil {
		told = l.compose(t)
	}
	steps := l.steps(told)
	id, c := l.id, Claimed{}
	if look {
		call := l.claim(want, want == 0 || l.now-l.renewed > 10)
		steps = append(steps, func() { c = l.runClaim(call) })
	}
	if len(steps) == 0 {
		l.soon(0, func() { done(true, c) })
		return
	}
	l.send(steps, func(ok bool) {
		if ok && t != nil {
			l.told(t, told)
		}
		if ok && look && id != l.id { // it is another lane by now
			l.free += want
			c = Claimed{}
		}
		done(ok, c)
	})
}

func (l *lane) runClaim(call Claim) Claimed {
	held := l.store.lanes[call.Lane]
	if call.Want > 0 && held != nil && call.Number < held.next {
		l.fired[ClaimAgain]++
	}
	c := l.store.Claim(call)
	for _, item := range c.Items {
		l.ledger.handed(item)
	}
	l.mix(uint64(len(c.Items)), uint64(c.Wait))
	return c
}

// park waits in Redis for a job. The verdicts that have gathered go with it.
func (l *lane) park() {
	l.parks = true
	want := max(min(l.free, 500), 1)
	told := l.compose(&l.fetching)
	id, call, c := l.id, l.claim(want, false), Claimed{}
	l.fired[Parked]++
	l.process.park(id, l.steps(told), func() { c = l.runClaim(call) }, func(ok bool) {
		l.parks = false
		if !ok {
			l.backlog = true
			l.again(false)
			return
		}
		l.told(&l.fetching, told)
		if id == l.id {
			places := min(len(c.Items), l.free)
			l.free -= places
			l.accept(c, places)
			l.backlog = len(c.Items) >= want
		}
		l.fetch()
	})
}
