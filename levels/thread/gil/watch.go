package gil

import "sync"

// Doing is what a thread does with the lock.
type Doing int

const (
	Wants Doing = iota // it waits for the lock
	Holds              // it has the lock
	Away               // it gives the lock up around a wait
	Gone               // it has no more tasks, and gives the lock up
)

// seats number the threads that are at work, for [Config.Watch].
type seats struct {
	watch func(thread int, does Doing) // nil if nobody looks

	mu    sync.Mutex
	taken []bool
}

// take gives the calling thread the lowest free number, until leave. Without a watch
// nobody needs one, and to tell costs a call of an empty function.
func (s *seats) take() (tell func(Doing), leave func()) {
	if s.watch == nil {
		return func(Doing) {}, func() {}
	}
	thread := s.number()
	return func(does Doing) { s.watch(thread, does) }, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.taken[thread] = false
	}
}

func (s *seats) number() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for thread, taken := range s.taken {
		if !taken {
			s.taken[thread] = true
			return thread
		}
	}
	s.taken = append(s.taken, true)
	return len(s.taken) - 1
}
