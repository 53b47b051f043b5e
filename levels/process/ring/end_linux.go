package ring

import (
	"runtime"
	"sync/atomic"
)

// An end is what a reader or a writer knows of a direction. Both do the same:
// they move their own position up to a limit that the other moves. For a
// reader the limit is the writer's position; for a writer it is the reader's,
// and a whole ring further.
//
// Of what lies in shared memory an end reads only what the peer wrote, and
// checks that. Its own position it keeps for itself.
type end struct {
	mine, theirs    *atomic.Uint32 // positions, in shared memory
	asleep, sleeper *atomic.Uint32 // 1 while this end sleeps, and while the other does
	data            []byte         // in shared memory; its length is a power of two
	lead            uint32         // the limit is theirs + lead: 0, or for a writer the size
	last            error          // what this end returns when somebody has hung up

	position uint32 // what was published as mine
	room     uint32 // how far the limit was away at the last look
	over     bool   // somebody has hung up; the limit stays where it is
	err      error  // why nothing goes on; it stays
	doubt    int    // grows with every spin in vain
	skip     int    // how many waits to come shall not spin
}

func (e *end) writes() bool { return e.lead > 0 }

// look reads the peer's position. An honest one never moves backwards, which
// would take room away, and never overtakes this end's, which would give it
// more room than there is.
func (e *end) look() error {
	room := e.theirs.Load() + e.lead - e.position
	if room < e.room || room > uint32(len(e.data)) {
		return ErrCorrupt
	}
	e.room = room
	return nil
}

// get copies bytes out, as many as there are and fit.
func (e *end) get(p []byte) int {
	p = p[:min(len(p), int(e.room))]
	n := copy(p, e.data[e.offset():])
	copy(p[n:], e.data)
	e.advance(len(p))
	return len(p)
}

// put copies bytes in, as many as fit.
func (e *end) put(p []byte) int {
	p = p[:min(len(p), int(e.room))]
	n := copy(e.data[e.offset():], p)
	copy(e.data, p[n:])
	e.advance(len(p))
	return len(p)
}

func (e *end) offset() int { return int(e.position & uint32(len(e.data)-1)) }

// advance publishes the position, and wakes the other end if it sleeps. That
// end says so first and then looks at the position once more; this one moves
// the position first and then looks whether the other sleeps. Since atomics of
// Go have one order that all see, one of the two sees the other.
func (e *end) advance(n int) {
	e.position += uint32(n)
	e.room -= uint32(n)
	e.mine.Store(e.position)
	if e.sleeper.Load() != 0 {
		rouse(e.sleeper)
	}
}

// patience is how often to look again before the next sleep. Where processes
// compete for the CPUs a spin keeps away the one that is waited for: after each
// in vain, 1, 3, 7, up to 63 waits do without.
func (e *end) patience(most int) int {
	if e.skip == 0 {
		return most
	}
	e.skip--
	return 0
}

// learn tells how a spin went.
func (e *end) learn(paid bool) {
	e.doubt = min(2*e.doubt+1, 63)
	if paid {
		e.doubt = 0
	}
	e.skip = e.doubt
}

// sleep sleeps until the other end moves, somebody hangs up, or a nap is over.
// It may return early.
//
// Where GOMAXPROCS is 1, other goroutines go first: a thread that sleeps in a
// system call keeps its P until the scheduler's monitor takes it away, 20 µs to
// 10 ms later, and they would wait for that.
func (e *end) sleep(r *Ring) error {
	if r.spins == 0 {
		runtime.Gosched()
	}
	e.asleep.Store(1)
	defer e.asleep.Store(0)
	if e.theirs.Load()+e.lead != e.position || r.isOver() {
		return nil
	}
	return futexWait(e.asleep)
}

// rouse wakes whoever sleeps on flag. One that has not fallen asleep yet will
// not, for the flag is down.
func rouse(flag *atomic.Uint32) {
	flag.Store(0)
	futexWake(flag)
}
