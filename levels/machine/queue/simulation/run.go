package simulation

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Config says what to simulate.
type Config struct {
	Seed    uint64
	Jobs    int // 0 means 10,000
	Workers int // of ten jobs at once; 0 means 8
	Broken  Broken
}

// A Story is how a run ended.
type Story struct {
	Counts
	Sometimes
	Hash      uint64        // of all that happened: the same seed, the same hash
	Simulated time.Duration // how long it took inside
	Events    uint64
	Unended   bool // it did not come to rest in time after all was well again
}

// Err is what a sound queue never does.
func (s Story) Err() error {
	if err := s.Counts.Err(); err != nil {
		return err
	}
	if s.Unended {
		return fmt.Errorf("the queue does not come to rest after all is well: %v", s.Counts)
	}
	return nil
}

// Run tells the story of a seed. In the first phase jobs are enqueued while all kinds
// of things fail; in the second nothing fails any more, and all must end.
func Run(c Config) Story {
	if c.Jobs == 0 {
		c.Jobs = 10_000
	}
	if c.Workers == 0 {
		c.Workers = 8
	}
	s := &sim{config: c, rng: rand.New(rand.NewPCG(c.Seed, 1)), hash: 14695981039346656037, offset: 1_700_000_000_000, store: NewStore()}
	s.store.broken = c.Broken
	s.lease = []int64{500, 1000, 3000, 10_000}[s.rng.IntN(4)]
	s.labels = labelsOf(c.Jobs)
	s.ledger = newLedger(s)
	for i := range c.Workers {
		s.workers = append(s.workers, s.newWorker(i))
	}
	for range 3 {
		s.clients = append(s.clients, s.newClient())
	}
	s.after(100, s.chaos)
	for s.now < int64(c.Jobs)*50+60_000 && !s.sent() {
		s.step()
	}
	s.heal()
	for late := s.now + 60_000 + 10*s.lease + s.back; s.now < late && !s.quiet(); {
		s.step()
	}
	return Story{Counts: s.ledger.count(), Sometimes: s.fired, Hash: s.hash, Simulated: time.Duration(s.now) * time.Millisecond, Events: s.seq, Unended: !s.quiet()}
}

// sent reports whether every job was sent, or given up.
func (s *sim) sent() bool {
	if s.produced < s.config.Jobs || len(s.spare) > 0 {
		return false
	}
	for _, c := range s.clients {
		for _, p := range c.senders {
			if len(p.jobs)+len(p.refuse) > 0 {
				return false
			}
		}
	}
	return true
}

// quiet reports whether nothing is left to do.
func (s *sim) quiet() bool {
	return s.ledger.open+s.ledger.calls == 0 && s.sent() && s.store.ready.size()+len(s.store.due.order) == 0 && s.store.running() == 0
}
