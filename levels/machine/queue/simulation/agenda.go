package simulation

// An agenda holds what is planned. Time comes in whole milliseconds and nothing is planned
// far ahead, so it is a ring with a list for each: what was planned first is first, and to
// plan and to take cost the same however much there is.
type agenda struct {
	ring   [horizon]line
	events []event // of all lists
	free   int32   // the list of those that are over
}

// horizon is how far ahead may be planned: three leases of 10 s, and a little.
const horizon = 1 << 15

// A line is a list of events, from 1 on; 0 is none.
type line struct{ first, last int32 }

type event struct {
	seq  uint64
	do   func()
	of   *process // nil if it happens whoever lives
	life int
	next int32
}

// plan adds an event that happens so many milliseconds from now.
func (a *agenda) plan(now, ms int64, e event) {
	if uint64(ms) >= horizon {
		panic("simulation: planned too far ahead, or in the past")
	}
	n := a.free
	if n == 0 {
		a.events = append(a.events, e)
		n = int32(len(a.events))
	} else {
		a.free = a.events[n-1].next
		a.events[n-1] = e
	}
	l := &a.ring[(now+ms)%horizon]
	if l.first == 0 {
		l.first = n
	} else {
		a.events[l.last-1].next = n
	}
	l.last = n
}

// take removes the first event that is planned for now or later, and tells when it is.
func (a *agenda) take(now int64) (at int64, e event) {
	for end := now + horizon; a.ring[now%horizon].first == 0; now++ {
		if now == end {
			panic("simulation: nothing is planned")
		}
	}
	l := &a.ring[now%horizon]
	n := l.first
	e = a.events[n-1]
	l.first = e.next
	a.events[n-1] = event{next: a.free}
	a.free = n
	return now, e
}
