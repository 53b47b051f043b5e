package simulation

import (
	"slices"
	"strings"
)

// What the scripts have in common: see ../lua/queue.lua.

// begin is what every script begins with.
func (s *Store) begin() { s.asked, s.looked, s.watches = false, false, s.watches[:0] }

func (s *Store) now() int64 {
	s.asked = true
	return s.Now
}

// clock is the time, if it was asked for, and 0 otherwise.
func (s *Store) clock() int64 {
	if s.asked {
		return s.Now
	}
	return 0
}

func (s *Store) nudge() {
	if s.ready.size() == 0 {
		s.ready.pushRight(Entry{Kind: 'w'})
	}
}

// of is the state of a job, or what stands for none.
func (s *Store) of(id string, letter byte) state {
	if st, ok := s.state[id]; ok {
		return st
	}
	return state{letter: letter}
}

func (s *Store) record(e Entry) (id string, tries int, text string) {
	if e.Kind == 'p' {
		s.job[e.ID] = e.M
		return e.ID, 1, ""
	}
	st := s.of(e.ID, 'r')
	return e.ID, st.tries, st.text
}

func (s *Store) reply(client string, texts ...string) {
	s.Replies[client] = append(s.Replies[client], texts...)
}

func (s *Store) watched() bool {
	if !s.looked {
		s.looked = true
		for ago := range int64(2) {
			if minute := s.now()/60000 - ago; len(s.watch[minute]) > 0 {
				s.watches = append(s.watches, minute)
			}
		}
	}
	return len(s.watches) > 0
}

func (s *Store) tell(id, outcome string) {
	if !s.watched() {
		return
	}
	for _, minute := range s.watches {
		for _, client := range s.watch[minute][id] {
			s.reply(client, id+" "+outcome)
		}
		delete(s.watch[minute], id)
	}
}

func second(ms int64) int64 { return (ms + 999) / 1000 }

// later notes what is to be forgotten at a time.
func (s *Store) later(ms int64, what ...string) {
	at := second(s.now() + ms)
	key := number(at)
	if s.exps[key] == nil {
		s.exps[key] = &list[string]{}
	}
	s.exps[key].pushRight(what...)
	s.exp.add(key, at)
}

func (s *Store) keep(ms int64, outcomes ...Kept) {
	for _, k := range outcomes {
		s.done[k.ID] = k.Outcome
		s.later(ms, k.ID)
	}
}

// spill hands the entries of a lane's batches to f, the last one first.
func (s *Store) spill(hashes map[string]*hash, lane string, enough int, f func(Entry)) (n int) {
	if h := hashes[lane]; h != nil {
		slices.Sort(h.numbers)
		for len(h.numbers) > 0 {
			if n >= enough {
				return n
			}
			at := place{lane, h.numbers[len(h.numbers)-1]}
			for _, e := range slices.Backward(s.batch[at]) {
				if e.Kind != 0 {
					f(e)
					n++
				}
			}
			delete(s.batch, at)
			h.numbers = h.numbers[:len(h.numbers)-1]
		}
	}
	delete(hashes, lane)
	s.lease.remove(lane)
	return n
}

func (s *Store) back(lane string) {
	hand := s.hand[lane]
	if hand == nil {
		return
	}
	for _, e := range slices.Backward(hand.all()) {
		s.ready.pushLeft(e)
	}
	delete(s.hand, lane)
}

func (s *Store) forget(id string) {
	delete(s.job, id)
	delete(s.state, id)
}

func (s *Store) settle(id string, m *Message, outcome string) {
	s.forget(id)
	s.ended(m, outcome)
	if m.Keep > 0 {
		s.keep(m.Keep, Kept{id, outcome})
	}
	if m.Client != "" {
		s.reply(m.Client, id+" "+outcome)
	}
	s.tell(id, outcome)
}

func (s *Store) unwanted(id string, m *Message) bool {
	if !s.abort.remove(id) {
		return false
	}
	if m == nil {
		m = &Message{}
	}
	s.settle(id, m, "a")
	s.stat["aborted"]++
	return true
}

func (s *Store) bury(id string, tries int, reason string, most int) {
	m := s.job[id]
	s.stat["dead"]++
	if m != nil && m.Client != "" {
		s.settle(id, m, "x"+reason)
		return
	}
	s.state[id] = state{'x', tries, " " + reason}
	s.dead.add(id, s.now())
	s.ended(m, "x"+reason)
	s.tell(id, "x"+reason)
	if over := len(s.dead.order) - most; over > 0 {
		for _, v := range slices.Clone(s.dead.order[:over]) {
			s.forget(v.member)
			s.dead.remove(v.member)
		}
		s.stat["dropped"] += int64(over)
	}
}

func (s *Store) postpone(id string, at int64, tries int, text string) {
	s.state[id] = state{'d', tries, text}
	s.due.add(id, at)
	if first, _ := s.due.first(); first.member == id {
		s.nudge()
	}
}

// outcome is one that is kept.
func (s *Store) outcome(id string) (text string, ok bool) {
	if text, ok = s.done[id]; ok {
		return text, true
	}
	at := strings.LastIndexByte(id, '.')
	if at < 0 || id[0] != '~' || s.kept[id[:at]] == nil {
		return "", false
	}
	for _, b := range s.kept[id[:at]].all() {
		for _, k := range b {
			if k.ID == id[at+1:] {
				text, ok = k.Outcome, true
			}
		}
	}
	return text, ok
}
