package queue

import "sync"

// slots are the places of a worker's running jobs, and who may fill them: a
// queue that has jobs waiting gets a share by its weight, a queue that has none
// leaves its share to the others.
type slots struct {
	mu    sync.Mutex
	free  int
	lanes []*share
}

// A share is what one lane gets, and the one that helps it. Who comes first takes
// all that is granted: what one asks for then is what the other's exchange left
// free, and two small claims cost more than a large one.
type share struct {
	weight  int
	backlog bool // jobs wait in its queue, as far as is known
	rush    bool // there were as many as it asked for: a helper asks too
	granted int  // slots that are its own, and not filled yet
	credit  int  // see deal
	wake    func()
}

// deal grants free slots to those with a backlog, by smooth weighted round
// robin (as nginx picks servers): each round, everyone's credit grows by its
// weight, and who has most pays the sum.
func (s *slots) deal() {
	for s.free > 0 {
		var best *share
		sum := 0
		for _, l := range s.lanes {
			if !l.backlog {
				continue
			}
			l.credit += l.weight
			sum += l.weight
			if best == nil || l.credit > best.credit {
				best = l
			}
		}
		if best == nil {
			return
		}
		best.credit -= sum
		best.granted++
		s.free--
		if best.granted == 1 {
			best.wake()
		}
	}
}

// want says whether a lane's queue has a backlog. Without one its slots go back.
func (s *slots) want(l *share, backlog bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := l.backlog
	if l.backlog = backlog; !backlog {
		l.rush = false
		s.free += l.granted
		l.granted, l.credit = 0, 0
		if was {
			l.wake() // who waits for slots parks now
		}
	}
	s.deal()
}

// wants reports whether a lane's queue has a backlog, as far as is known.
func (s *slots) wants(l *share) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.backlog
}

// rush says that a lane's queue has more jobs than it could take.
func (s *slots) rush(l *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.backlog && !l.rush {
		l.rush = true
		l.wake()
	}
}

// rushes reports whether a helper shall take jobs.
func (s *slots) rushes(l *share) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return l.backlog && l.rush
}

// take takes the slots that a lane was granted, most of them at most.
func (s *slots) take(l *share, most int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(l.granted, most)
	l.granted -= n
	return n
}

// idle is how many slots are free for anyone.
func (s *slots) idle() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free
}

// grab takes free slots, n of them at most, without being granted them.
func (s *slots) grab(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, s.free)
	s.free -= n
	return n
}

// release gives slots back.
func (s *slots) release(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.deal()
}
