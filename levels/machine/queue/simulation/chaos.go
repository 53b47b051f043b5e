package simulation

import "fmt"

// A Fault is something that does not happen by itself: a fault, or a branch that only
// faults lead to.
type Fault int

// All of them must have happened somewhere in a run of the simulation, or it has shown
// nothing of what comes after them.
const (
	RequestLost Fault = iota
	ReplyLost
	Late
	Torn
	Killed
	Poison
	Paused
	Cut
	Restarted
	Stopped
	ProducerKilled
	ClockAhead
	ClockBack
	Parked
	Ghost
	ClaimAgain
	Expired
	LaneLost
	LateRefused
	ToldAgain
	GaveBack
	Retried
	Buried
	AbortWaiting
	AbortRunning
	Full
	SentAgain
	Unknown
	Forgot
	ReadAgain
	faults
)

var names = [faults]string{
	"requests lost", "answers lost", "requests came late", "pipelines torn",
	"workers killed", "workers killed by their job", "workers stopped (SIGSTOP)", "links cut", "Redis restarted", "workers ended (SIGTERM)", "producers killed",
	"clock set ahead", "clock set back",
	"lanes parked", "entries handed to the dead", "claims made again", "jobs whose lease ran out", "lanes lost to others",
	"verdicts refused by the fence", "verdicts told again", "jobs given back", "jobs tried again", "dead letters",
	"aborted while they waited", "aborted while they ran", "refused by a full queue", "enqueued again, once counted", "enqueued, outcome unknown",
	"numbers forgotten by a jump of the clock", "answers read again",
}

func (f Fault) String() string { return names[f] }

// Sometimes counts how often each happened.
type Sometimes [faults]int

// Err names what never happened.
func (s Sometimes) Err() error {
	for f, n := range s {
		if n == 0 {
			return fmt.Errorf("nothing is shown: never happened: %s", Fault(f))
		}
	}
	return nil
}

// chaos has something happen now and then.
func (s *sim) chaos() {
	if s.healthy {
		return
	}
	defer s.after(s.between(50, 500), s.chaos)
	w, c := s.workers[s.rng.IntN(len(s.workers))], s.clients[s.rng.IntN(len(s.clients))]
	switch s.rng.IntN(15) {
	case 0, 1:
		w.kill()
	case 2, 3, 4:
		s.fired[Paused]++
		w.stoppedTo = s.now + s.between(s.lease/2, 3*s.lease)
	case 5, 6:
		s.cut(w.process, 2*s.lease)
	case 7:
		s.cut(c.process, 8000)
	case 8:
		s.restart()
	case 9, 10:
		w.stop()
	case 11:
		c.die()
	case 12, 13:
		c.abort(s.latest())
	case 14:
		c.abort(w.lane.atWork())
	}
}

func (s *sim) cut(p *process, most int64) {
	s.fired[Cut]++
	p.cutTo, p.silent = s.now+s.between(100, most), s.rng.IntN(2) == 0
}

// restart takes Redis away for a while. It has its log: nothing is lost but connections.
// Now and then its host is another one, with another clock.
func (s *sim) restart() {
	s.fired[Restarted]++
	s.downTo = s.now + s.between(100, 1500)
	waits := s.parked
	s.parked = nil
	for _, p := range waits {
		p.fail(1)
	}
	if s.rng.IntN(5) == 0 {
		s.jump()
	}
}

// jump sets Redis' clock, by a little or by an hour.
func (s *sim) jump() {
	by := []int64{-2 * s.lease, -s.lease, 2 * s.lease, 3_600_000, 3_600_000}[s.rng.IntN(5)]
	if s.rng.IntN(20) == 0 {
		by = -3_600_000 // leases of the dead last an hour longer, which takes the longest to tell
	}
	s.offset += by
	if by > 0 {
		s.fired[ClockAhead]++
		return
	}
	s.fired[ClockBack]++
	s.back -= by
}

// heal ends the first phase.
func (s *sim) heal() {
	s.healthy, s.downTo = true, s.now
	for _, w := range s.workers {
		w.cutTo, w.stoppedTo = 0, 0
	}
	for _, c := range s.clients {
		c.cutTo, c.stoppedTo = 0, 0
	}
}
