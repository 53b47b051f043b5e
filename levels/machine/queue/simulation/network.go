package simulation

import "slices"

// answer is how long a client waits for one, and block how long a parked worker does, at
// most: as in the queue.
const (
	answer = 3000
	block  = 5000
)

// A process is a program that can die, be stopped, or be cut off.
type process struct {
	*sim
	life      int   // dies with what waits for it
	stoppedTo int64 // SIGSTOP until then
	cutTo     int64 // no way to Redis until then
	silent    bool  // and nobody says so
}

// soon plans an event of the process: a dead one has none, a stopped one has it later.
func (p *process) soon(ms int64, do func()) { p.inLife(p.life, ms, do) }

func (p *process) inLife(life int, ms int64, do func()) {
	p.seq++
	p.agenda.plan(p.now, ms, event{seq: p.seq, do: do, of: p, life: life})
}

// script runs something in Redis, all at once, and then serves who is parked.
func (s *sim) script(do func()) {
	s.store.Now = s.now + s.offset
	do()
	for len(s.parked) > 0 && s.store.ready.size() > 0 {
		s.parked[0].serve()
	}
	s.hear()
}

// send sends a pipeline and waits for the answer. What can happen to it on the way
// is the point: it, or its answer, or a part of it is lost, it comes too late, and the
// client cannot tell which.
func (p *process) send(steps []func(), done func(ok bool)) {
	there, back := p.between(1, 3), p.between(1, 3)
	patience := int64(answer)
	if p.rng.IntN(2) == 0 {
		patience = there + back // the connection breaks, and the client sees it
	}
	switch {
	case p.now < p.cutTo && p.silent:
		p.soon(answer, func() { done(false) })
	case p.now < p.cutTo || p.now < p.downTo:
		p.soon(there, func() { done(false) })
	case p.chance(200):
		p.fired[RequestLost]++
		p.soon(patience, func() { done(false) })
	case p.chance(200):
		p.fired[ReplyLost]++
		p.arrive(there, steps)
		p.soon(patience, func() { done(false) })
	case p.chance(500):
		p.fired[Late]++
		p.arrive(patience+p.between(1, 4000), steps)
		p.soon(patience, func() { done(false) })
	case len(steps) > 1 && p.chance(200):
		p.fired[Torn]++
		p.arrive(there, steps[:p.rng.IntN(len(steps)-1)+1])
		p.soon(patience, func() { done(false) })
	default:
		life := p.life // it may be another's when the answer comes
		p.after(there, func() {
			up := p.now >= p.downTo
			if up {
				for _, step := range steps {
					p.script(step)
				}
			}
			p.inLife(life, back, func() { done(up && p.now >= p.downTo) })
		})
	}
}

// arrive runs steps whose answer nobody will hear.
func (s *sim) arrive(ms int64, steps []func()) {
	s.after(ms, func() {
		if s.now < s.downTo {
			return
		}
		for _, step := range steps {
			s.script(step)
		}
	})
}

// A parked one waits in Redis for an entry, and then claims.
type parked struct {
	*sim
	process *process
	life    int
	lane    string
	claim   func()
	done    func(ok bool)
	gone    bool // it does not listen any more
}

// park is BLMOVE with a claim behind it in the pipeline.
func (p *process) park(lane string, told []func(), claim func(), done func(ok bool)) {
	waits := &parked{sim: p.sim, process: p, life: p.life, lane: lane, claim: claim, done: done}
	p.send(append(told, func() { p.store.Park(lane) }, func() {
		p.parked = append(p.parked, waits)
		p.after(min(block, p.lease/2), func() {
			if waits.leave() {
				p.script(claim)
				waits.answer()
			}
		})
	}), func(ok bool) {
		if !ok {
			waits.fail(0) // Redis may not know, and hand it an entry yet
		}
	})
}

// leave takes it out of the line, and reports whether it stood there.
func (w *parked) leave() bool {
	at := slices.Index(w.parked, w)
	if at >= 0 {
		w.sim.parked = slices.Delete(w.sim.parked, at, at+1)
	}
	return at >= 0
}

func (w *parked) serve() {
	w.leave()
	w.store.Move(w.lane)
	if w.gone || w.process.life != w.life {
		w.fired[Ghost]++
		if w.rng.IntN(2) == 0 {
			return // the claim behind it did not come through
		}
	}
	w.claim()
	w.answer()
}

// fail tells the process that its connection is gone.
func (w *parked) fail(ms int64) {
	if !w.gone {
		w.gone = true
		w.process.inLife(w.life, ms, func() { w.done(false) })
	}
}

func (w *parked) answer() {
	p := w.process
	switch {
	case w.gone:
	case p.chance(200) || p.now < p.cutTo:
		p.fired[ReplyLost]++
		w.fail(answer)
	default:
		w.gone = true
		p.inLife(w.life, p.between(1, 3), func() { w.done(true) })
	}
}
