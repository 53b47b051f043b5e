package simulation

import (
	"strconv"
	"strings"
)

// number is a number as Redis has it.
func number(n int64) string { return strconv.FormatInt(n, 10) }

// callLife is how long the numbers of a stream are remembered, in ms.
const callLife = 600_000

// An Enqueue is a call of that script.
type Enqueue struct {
	Stream   string
	Number   int64
	Most     int
	Cron     string
	Tick     int64
	Plain    []Entry
	Recorded []Recorded
	Time     bool
}

// A Recorded is a job that has a record from the beginning: at 0 is now, -n in n ms,
// n at the time n.
type Recorded struct {
	ID string
	M  *Message
	At int64
}

// Enqueue is enqueue.lua.
func (s *Store) Enqueue(a Enqueue) (clock int64, verdicts string) {
	s.begin()
	before, known := s.sent[a.Stream]
	if known && before.until <= s.Now {
		s.dropped(before, a)
		known = false
	}
	if known && before.number >= a.Number && s.broken != PushWithRetry {
		before.until = s.Now + callLife
		s.sent[a.Stream] = before
		return s.clock(), before.verdicts
	}
	note := func(v string) { s.sent[a.Stream] = sent{a.Number, v, s.Now + callLife} }
	if a.Cron != "" {
		if last, ok := s.cron[a.Cron]; ok && last >= a.Tick {
			note("0")
			return s.clock(), "0"
		}
		s.cron[a.Cron] = a.Tick
	}
	verdicts = strings.Repeat("1", len(a.Plain))
	if len(a.Plain) > 0 {
		s.ready.pushRight(a.Plain...)
		if over := min(s.ready.size()+len(s.due.order)-a.Most, len(a.Plain)); over > 0 {
			s.ready.popRight(over)
			verdicts = verdicts[over:] + strings.Repeat("f", over)
		}
	}
	if len(a.Recorded) > 0 {
		verdicts += s.recorded(a)
	}
	note(verdicts)
	if a.Time {
		s.now()
	}
	return s.clock(), verdicts
}

// recorded adds the jobs that have a record.
func (s *Store) recorded(a Enqueue) string {
	room := a.Most - s.ready.size() - len(s.due.order)
	noted := len(s.abort.order) > 0
	var letters []byte
	var entries []Entry
	for _, r := range a.Recorded {
		_, ended := s.done[r.ID]
		_, there := s.job[r.ID]
		switch {
		case ended || there:
			letters = append(letters, '0')
			continue
		case room <= 0:
			letters = append(letters, 'f')
			continue
		}
		letters = append(letters, '1')
		s.job[r.ID] = r.M
		room--
		if noted {
			s.abort.remove(r.ID)
		}
		at := r.At
		if at < 0 {
			at = s.now() - at
		}
		if at > 0 && at > s.now() {
			s.postpone(r.ID, at, 0, "")
		} else {
			entries = append(entries, Entry{Kind: 'r', ID: r.ID})
		}
	}
	s.ready.pushRight(entries...)
	return string(letters)
}
