package staff

import (
	"runtime"
	"time"
)

// A patience decides who spins. Where threads compete for the processors a spin
// keeps away the one that is waited for: after each in vain, 1, 3, 7, up to 63 waits
// do without.
type patience struct {
	doubt int // grows with every spin in vain
	skip  int // how many waits to come shall not spin
}

// try reports whether to spin this time.
func (p *patience) try() bool {
	if p.skip == 0 {
		return true
	}
	p.skip--
	return false
}

// learn tells how a spin went.
func (p *patience) learn(paid bool) {
	p.doubt = min(2*p.doubt+1, 63)
	if paid {
		p.doubt = 0
	}
	p.skip = p.doubt
}

// spin looks until ok or until d is over, and returns whether ok.
//
// The number of looks is bounded too: in a bubble of testing/synctest time stands
// still as long as somebody spins. A look takes 10 ns or more.
func spin(d time.Duration, ok func() bool) bool {
	begin := time.Now()
	for range d/10 + 1 {
		if ok() {
			return true
		}
		if time.Since(begin) >= d {
			break
		}
	}
	return ok()
}

// maySpin leaves one processor to whoever may bring work. A thread does not spin
// either while a caller sleeps: Go lets whom a thread wakes wait for the thread's
// own processor, and to bring that caller another costs more than a spin can gain.
func (s *Staff) maySpin(seat *seat) bool {
	return s.Spin > 0 && s.asleep.Load() == 0 && s.spinning < runtime.GOMAXPROCS(0)-1 && seat.patience.try()
}
