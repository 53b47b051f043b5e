package process

import (
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels"
)

// ErrRefused says that a task was not run, for it has killed three workers. Where
// a worker dies that had several in hand, all are suspects: each runs alone from then
// on, which tells, until a result clears it.
var ErrRefused = errors.New("task is refused: three workers have died of it")

const (
	strikes     = 3
	maxSuspects = 10_000
)

// suspects are the tasks that workers died of, or may have.
type suspects struct {
	seed maphash.Seed
	some atomic.Bool // or there is nothing to look for
	mu   sync.Mutex
	died map[uint64]int // how often a worker has, by a hash of the task
}

func (s *suspects) key(t levels.Task) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	h.WriteString(t.Func)
	h.WriteByte(0)
	h.Write(t.Input)
	return h.Sum64()
}

// add suspects tasks, by their keys: a worker has died of one of them.
func (s *suspects) add(keys ...uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		if len(keys) == 1 {
			s.died[key]++
		} else { // in a crowd nobody becomes guiltier than a suspect
			s.died[key] = max(s.died[key], 1)
		}
		if len(s.died) > maxSuspects {
			clear(s.died) // so many deaths have another reason than tasks
		}
	}
	s.some.Store(len(s.died) > 0)
}

// keys returns those of tasks.
func (s *suspects) keys(tasks []levels.Task) []uint64 {
	keys := make([]uint64, len(tasks))
	for i, t := range tasks {
		keys[i] = s.key(t)
	}
	return keys
}

// fit returns how many of the tasks may be sent together: those before the first
// suspect, or that one alone. If it is guilty by now, it must not.
func (s *suspects) fit(tasks []levels.Task) (int, error) {
	if !s.some.Load() {
		return len(tasks), nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range tasks {
		switch n := s.died[s.key(t)]; {
		case n > 0 && i > 0:
			return i, nil
		case n >= strikes:
			return 1, ErrRefused
		case n > 0:
			return 1, nil
		}
	}
	return len(tasks), nil
}

// clear clears those who have a result.
func (s *suspects) clear(f slice) {
	if !s.some.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range f.tasks {
		if !isLost(f.results[i]) {
			delete(s.died, s.key(t))
		}
	}
	s.some.Store(len(s.died) > 0)
}

func isLost(r levels.Result) bool { return errors.Is(r.Err, levels.ErrLost) }
