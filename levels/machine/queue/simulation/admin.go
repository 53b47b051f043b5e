package simulation

import "slices"

// Abort is abort.lua.
func (s *Store) Abort(ids ...string) string {
	s.begin()
	letters := make([]byte, len(ids))
	for i, id := range ids {
		m, was := s.job[id], s.of(id, 'q').letter
		switch {
		case m != nil && (was == 'q' || was == 'd'):
			s.due.remove(id)
			s.settle(id, m, "a")
			s.stat["aborted"]++
			letters[i] = 'a'
		case was != 'x':
			s.abort.add(id, s.now())
			letters[i] = 'n'
			if m != nil {
				letters[i] = 'r'
			}
		default:
			letters[i] = was
		}
	}
	for _, id := range s.abort.until(s.now()-callLife, len(s.abort.order)) {
		s.abort.remove(id)
	}
	return string(letters)
}

// Revive is revive.lua.
func (s *Store) Revive(drop bool, ids ...string) (n int) {
	for _, id := range ids {
		if !s.dead.remove(id) {
			continue
		}
		n++
		if drop {
			s.forget(id)
			continue
		}
		s.state[id] = state{letter: 'q'}
		s.ready.pushRight(Entry{Kind: 'r', ID: id})
	}
	return n
}

// A Sight is what is known of a job: an outcome, or its state, or nothing.
type Sight struct {
	Outcome string
	State   string
	M       *Message
	Due     int64 // 0 means that it is not
	Died    int64
}

// Look is look.lua.
func (s *Store) Look(client string, ids ...string) []Sight {
	s.begin()
	sights := make([]Sight, len(ids))
	for i, id := range ids {
		text, kept := s.outcome(id)
		if m := s.job[id]; kept {
			sights[i].Outcome = text
		} else if m != nil {
			sights[i] = Sight{State: s.of(id, 'q').String(), M: m, Due: s.due.scores[id], Died: s.dead.scores[id]}
		}
		if client == "" || kept {
			continue
		}
		minute := s.now() / 60000
		if s.watch[minute] == nil {
			s.watch[minute] = map[string][]string{}
		}
		if others := s.watch[minute][id]; !slices.Contains(others, client) {
			s.watch[minute][id] = append(others, client)
		}
	}
	return sights
}

func (st state) String() string { return string(st.letter) + number(int64(st.tries)) + st.text }

// Pause stops all claims, or lets them go on.
func (s *Store) Pause(on bool) { s.paused = on }

// Park is park.lua.
func (s *Store) Park(lane string) {
	if s.lanes[lane] == nil {
		s.late.add(lane, s.Now/1000)
	}
}

// Move is what a parked worker waits for: BLMOVE to its hand, when there is something.
func (s *Store) Move(lane string) bool {
	more := s.ready.popLeft(1)
	if len(more) == 0 {
		return false
	}
	if s.hand[lane] == nil {
		s.hand[lane] = &list[Entry]{}
	}
	s.hand[lane].pushRight(more...)
	return true
}

// An Info is the answer of info.lua, but for the counters.
type Info struct{ Now, Ready, Running, Deferred, Dead, Kept, Workers, Paused, Oldest int64 }

// Info is info.lua.
func (s *Store) Info() Info {
	i := Info{Now: s.Now, Ready: int64(s.ready.size()), Deferred: int64(len(s.due.order)), Dead: int64(len(s.dead.order)),
		Kept: int64(len(s.done)) + s.keptN, Running: s.running(), Oldest: s.oldest()}
	for _, v := range slices.Concat(s.lease.order, s.late.order) {
		if hand := s.hand[v.member]; hand != nil {
			for _, e := range hand.all() {
				if e.Kind != 'w' {
					i.Ready++
				}
			}
		}
	}
	for _, v := range s.lease.order {
		if v.score > s.Now && v.member[len(v.member)-1] != '+' {
			i.Workers++
		}
	}
	if s.ready.size() > 0 && s.ready.all()[0].Kind == 'w' {
		i.Ready--
	}
	if s.paused {
		i.Paused = 1
	}
	return i
}

// running is how many jobs lie in lanes that have a lease.
func (s *Store) running() (n int64) {
	for _, v := range s.lease.order {
		for _, h := range []*hash{s.lanes[v.member], s.fell[v.member]} {
			if h != nil {
				n += s.lying(v.member, h)
			}
		}
	}
	return n
}

// lying is how many jobs lie in a lane's batches.
func (s *Store) lying(lane string, h *hash) (n int64) {
	for _, number := range h.numbers {
		for _, e := range s.batch[place{lane, number}] {
			if e.Kind != 0 {
				n++
			}
		}
	}
	return n
}

// oldest is the age of the first job in ready, or -1.
func (s *Store) oldest() int64 {
	for i, e := range s.ready.all() {
		if i == 100 {
			break
		}
		m := e.M
		if e.Kind != 'p' {
			m = s.job[e.ID]
			if e.Kind != 'r' && len(e.ID) > 0 {
				m = s.job[e.ID[1:]]
			}
		}
		if m != nil && m.Enqueued > 0 {
			return max(0, s.Now-m.Enqueued)
		}
	}
	return -1
}
