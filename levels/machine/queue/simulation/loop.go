package simulation

import "math/rand/v2"

// A sim is one story: everything that happens is an event of its loop, and all
// chance comes from its seed. So the same seed tells the same story, on any machine.
type sim struct {
	config  Config
	rng     *rand.Rand
	now     int64 // in ms, by a clock that nobody in the story can see
	offset  int64 // of Redis' clock from it
	agenda  agenda
	seq     uint64
	hash    uint64 // of all that happened
	healthy bool   // the second phase: nothing fails any more
	fired   Sometimes

	store   *Store
	downTo  int64 // Redis is away until then
	parked  []*parked
	ledger  *ledger
	workers []*worker
	clients []*client
	lease   int64

	produced int   // jobs that a producer has taken
	spare    []int // jobs whose producer died before they were sent
	names    int   // of clients so far
	back     int64 // by how much the clock was set back, in all
	labels   []label
}

// after plans an event.
func (s *sim) after(ms int64, do func()) {
	s.seq++
	s.agenda.plan(s.now, ms, event{seq: s.seq, do: do})
}

// step lets the next event happen.
func (s *sim) step() {
	var e event
	s.now, e = s.agenda.take(s.now)
	s.mix(uint64(s.now), e.seq)
	switch {
	case e.of == nil:
		e.do()
	case e.of.life != e.life: // it died with its process
	case s.now < e.of.stoppedTo:
		e.of.inLife(e.life, e.of.stoppedTo-s.now, e.do)
	default:
		e.do()
	}
}

// mix adds to the hash (FNV-1a, by words).
func (s *sim) mix(words ...uint64) {
	for _, w := range words {
		s.hash = (s.hash ^ w) * 1099511628211
	}
}

// chance is true once in n times, and never in the second phase.
func (s *sim) chance(n int) bool { return s.rng.IntN(n) == 0 && !s.healthy }

// between is a number from least to most.
func (s *sim) between(least, most int64) int64 { return least + s.rng.Int64N(most-least+1) }
