package simulation

import (
	"crypto/sha1"
	"encoding/hex"
	"math"
	"slices"
)

// A Claim is a call of that script.
type Claim struct {
	Lane   string
	Number int64
	Want   int
	Lease  int64
	New    bool
	Since  int64
	Most   int // dead letters
	Tidy   bool
	Skew   int64 // of the worker's clock, which a sound queue does not ask
}

// A Claimed is its answer.
type Claimed struct {
	Clock  int64
	State  string // "ok", "paused" or "lost"
	Wait   int64
	Aborts []string
	Items  []Item
}

// An Item is what a worker gets of a job. One that has ended is 0.
type Item struct {
	Kind  byte
	Tries int
	ID    string
	M     *Message // nil if there is none
}

// Claim is claim.lua.
func (s *Store) Claim(a Claim) Claimed {
	s.begin()
	held := s.lanes[a.Lane]
	if a.New && held == nil {
		held = &hash{next: a.Number, tellers: map[string]int64{}}
		s.lanes[a.Lane] = held
	}
	if held == nil {
		s.back(a.Lane)
		return Claimed{Clock: s.now(), State: "lost", Wait: -2}
	}
	c := Claimed{State: "ok", Wait: -2}
	if a.Tidy {
		c.Wait = s.tidy(a)
	}
	if len(s.abort.order) > 0 || s.paused {
		c.Aborts = s.abort.from(a.Since)
	}
	switch {
	case a.Want > 0 && s.paused:
		s.back(a.Lane)
		c.State = "paused"
	case a.Want > 0 && a.Number < held.next:
		for _, e := range s.batch[place{a.Lane, a.Number}] {
			c.Items = append(c.Items, s.again(e))
		}
		s.back(a.Lane)
	default:
		s.take(a, held, &c)
	}
	c.Clock = s.clock()
	return c
}

// again is the item of an entry that was claimed before.
func (s *Store) again(e Entry) Item {
	if e.Kind != 'r' {
		return Item{Kind: e.Kind, Tries: 1, ID: e.ID, M: e.M}
	}
	id, tries, _ := s.record(e)
	return Item{'r', tries, id, s.job[id]}
}

// take takes what the hand holds, then what is ready.
func (s *Store) take(a Claim, held *hash, c *Claimed) {
	var entries []Entry
	for len(entries) < a.Want {
		var more []Entry
		if hand := s.hand[a.Lane]; hand != nil {
			more = hand.popLeft(1)
			if hand.size() == 0 {
				delete(s.hand, a.Lane)
			}
		} else {
			more = s.ready.popLeft(min(a.Want-len(entries), 500))
		}
		if len(more) == 0 {
			break
		}
		if entries == nil {
			entries, c.Items = make([]Entry, 0, len(more)), make([]Item, 0, len(more))
		}
		s.popped = append(s.popped[:0], more...) // what a nudge has done may move them
		for _, e := range s.popped {
			if item, ok := s.takeOne(e, a, c); ok {
				entries, c.Items = append(entries, e), append(c.Items, item)
			}
		}
	}
	if len(entries) == 0 || s.broken == PopWithoutLease {
		return
	}
	at := place{a.Lane, a.Number}
	if there := s.batch[at]; there != nil {
		entries = append(there, entries...)
	}
	s.batch[at] = entries
	held.numbers = append(held.numbers, a.Number)
	held.next = a.Number + 1
}

func (s *Store) takeOne(e Entry, a Claim, c *Claimed) (item Item, ok bool) {
	switch e.Kind {
	case 'p':
		return Item{'p', 1, e.ID, e.M}, true
	case 'r':
		st := s.of(e.ID, 'q')
		if st.letter != 'q' || s.job[e.ID] == nil {
			return item, false
		}
		st.letter, st.tries = 'r', st.tries+1
		s.state[e.ID] = st
		return Item{'r', st.tries, e.ID, s.job[e.ID]}, true
	case 'w':
		c.Wait = s.tidy(a)
		return item, false
	}
	sum := sha1.Sum([]byte(e.ID)) // what the script makes of it
	id := "unreadable-" + hex.EncodeToString(sum[:])
	s.job[id] = &Message{Max: 1}
	s.bury(id, 0, "the entry cannot be read", a.Most)
	return item, false
}

// tidy renews the lease and sees to what has come to its time. It returns how long it
// is until there is something again.
func (s *Store) tidy(a Claim) (wait int64) {
	now := s.now()
	s.renewed(a.Lane, now+a.Lease)
	s.lease.add(a.Lane, s.dated(a)+a.Lease)
	for _, gone := range slices.Clone(s.late.order[:min(10, len(s.late.order))]) {
		s.back(gone.member)
		if gone.score*1000+10_000 < now {
			s.late.remove(gone.member)
		}
	}
	s.fall(a)
	for _, id := range s.due.until(now, 200) {
		s.due.remove(id)
		st := s.of(id, 'd')
		st.letter = 'q'
		s.state[id] = st
		s.ready.pushRight(Entry{Kind: 'r', ID: id})
	}
	wait = -1
	if seconds := s.exp.until(now/1000, 1); len(seconds) > 0 {
		s.sweep(seconds[0], 1000)
		wait = 0
	}
	for _, z := range []*zset{&s.due, &s.lease} {
		if head, ok := z.first(); ok {
			if ms := max(0, head.score-now); wait < 0 || ms < wait {
				wait = ms
			}
		}
	}
	return wait
}

// dated is the clock by which a lease is a date.
func (s *Store) dated(a Claim) int64 {
	if s.broken == WorkerClock {
		return s.Now + a.Skew
	}
	return s.Now
}

// fall has lanes fall whose lease ran out.
func (s *Store) fall(a Claim) {
	if s.broken == NoRecovery || s.broken == PopWithoutLease {
		return
	}
	for _, other := range s.lease.until(s.dated(a), 2) {
		if held := s.lanes[other]; held != nil {
			s.fell[other] = held
			delete(s.lanes, other)
		}
		s.back(other)
		n := s.spill(s.fell, other, 200, func(e Entry) {
			id, tries, text := s.record(e)
			m := s.job[id]
			s.lapsed(other, m)
			switch {
			case m == nil || s.unwanted(id, m):
			case tries >= s.most(m):
				s.bury(id, tries, "its worker died", a.Most)
			default:
				s.state[id] = state{'q', tries, text}
				s.ready.pushLeft(Entry{Kind: 'r', ID: id})
			}
		})
		s.stat["lost"] += int64(n)
	}
}

// most is after how many workers that died a job is given up.
func (s *Store) most(m *Message) int {
	switch s.broken {
	case NoDeadLetter:
		return math.MaxInt
	case OneTooMany:
		return m.Max + 1
	}
	return m.Max
}

// sweep forgets up to so many of the outcomes of a second.
func (s *Store) sweep(second string, most int) {
	old := s.exps[second].popLeft(most)
	if len(old) == 0 {
		s.exp.remove(second)
		delete(s.exps, second)
		return
	}
	for _, what := range old {
		if len(what) < 2 || what[:2] != "~~" {
			delete(s.done, what)
			continue
		}
		group := what[1:]
		for _, bag := range s.kept[group].popLeft(1) {
			s.keptN -= int64(len(bag))
		}
		if s.kept[group].size() == 0 {
			delete(s.kept, group)
		}
	}
}
