package simulation

import (
	"slices"
	"strconv"
	"strings"
)

const (
	concurrency = 10
	maxDead     = 10_000
	grace       = 20 // ms at most: some jobs take longer, and go back
)

// A worker is a process with a lane.
type worker struct {
	*process
	name     string
	count    int   // of its lanes so far
	skew     int64 // of its clock, which nobody asks
	free     int   // places for jobs
	backlog  bool
	stopping bool
	graceTo  int64 // what runs then goes back
	lane     *lane

	redisNow, redisAt int64 // Redis' clock, and when it showed that
}

func (s *sim) newWorker(i int) *worker {
	w := &worker{process: &process{sim: s}, name: "w" + strconv.Itoa(i), skew: s.between(-3_600_000, 3_600_000)}
	w.begin()
	return w
}

func (w *worker) begin() {
	w.free, w.backlog, w.stopping, w.redisNow = concurrency, true, false, 0
	w.lane = &lane{worker: w, aborts: map[string]bool{}, planned: -1}
	w.lane.renew()
	w.soon(w.between(0, 10), w.lane.fetch)
}

// kill is SIGKILL, or the host is gone; another one begins after a while.
func (w *worker) kill() {
	w.fired[Killed]++
	w.die()
	w.soon(w.between(50, 2000), w.begin)
}

// die ends a process. Half of the time Redis hears of it, and forgets who was parked.
func (w *worker) die() {
	if w.rng.IntN(2) == 0 {
		for _, p := range append([]*parked(nil), w.parked...) {
			if p.process == w.process {
				p.leave()
			}
		}
	}
	w.life++
	w.stoppedTo = 0
}

// stop is SIGTERM: nothing is claimed any more, what runs may end.
func (w *worker) stop() {
	if w.stopping || w.lane.id == "" {
		return
	}
	w.fired[Stopped]++
	w.stopping, w.graceTo = true, w.now+w.between(0, grace)
	for _, p := range append([]*parked(nil), w.parked...) {
		if p.process == w.process {
			p.leave()
			p.fail(1)
		}
	}
	w.lane.wake()
}

// drain waits for what runs, tells how it ended, and leaves.
func (l *lane) drain() {
	if len(l.running) > 0 || l.telling {
		if l.now > l.graceTo {
			for _, t := range slices.Clone(l.running) {
				t.kind = 'b'
				l.end(t)
			}
		}
		l.soon(1, l.drain)
		return
	}
	told := l.compose(&l.fetching)
	l.fetching.number++
	leave := &telling{call: Finish{Lane: l.id, Most: maxDead, Leave: true, Teller: l.fetching.name, Number: l.fetching.number}}
	steps, late := append(l.steps(told), func() { l.tell(leave) }), l.now+5000
	var insist func()
	insist = func() {
		l.send(steps, func(ok bool) {
			if ok || l.now > late {
				l.die()
				l.soon(l.between(50, 500), l.begin)
				return
			}
			l.soon(100, insist)
		})
	}
	insist()
}

// keep plans the next beat: it renews the lease, and sees to what is due.
func (l *lane) keep() {
	at := max(l.now, min(l.alarm(), l.now+500))
	if l.planned >= l.now && l.planned <= at {
		return // it looks then anyway
	}
	l.planned = at
	l.soon(at-l.now, func() {
		switch {
		case l.planned != at || l.beating: // there is an earlier one
		case at < l.alarm():
			l.planned = -1
			l.keep()
		default:
			l.planned = -1
			l.beat()
		}
	})
}

func (l *lane) beat() {
	l.event, l.beating = -1, true
	l.exchange(nil, 0, true, func(ok bool, c Claimed) {
		if !ok {
			l.soon(100, l.beat)
			return
		}
		l.beating = false
		l.accept(c, 0)
		l.keep()
	})
}

// alarm is when the lane must be heard of, or there is something to see to.
func (l *lane) alarm() int64 {
	beat := l.lease / 3
	if !l.claimed {
		return l.now + beat
	}
	if len(l.running) > 0 {
		beat = min(beat, 500)
	}
	at := l.renewed + beat
	if l.event >= 0 {
		at = min(at, l.event)
	}
	return at
}

// start has a handler run.
func (l *lane) start(t *try) {
	n := t.item.M.N
	if n%poisonEvery == 7 {
		l.ledger.began(n)
		l.soon(0, func() {
			if !t.over {
				l.fired[Poison]++
				l.kill()
			}
		})
		return
	}
	l.ledger.began(n)
	took := l.between(1, 20)
	if l.chance(2000) {
		took = l.between(l.lease, 3*l.lease)
	}
	l.soon(took, func() {
		if !t.over {
			l.judge(t)
			l.end(t)
		}
	})
}

// judge decides what follows from what a handler returned. See ../attempt.go.
func (l *lane) judge(t *try) {
	m := t.item.M
	fails := m.N%failsEvery == 3 && (t.item.Tries < 3 || m.N%(10*failsEvery) == 3)
	switch {
	case !fails:
		l.ledger.jobs[m.N].ended++
		t.kind, t.outcome = 'o', l.labels[m.N].result
	case t.item.Tries >= m.Max || strings.HasPrefix(t.item.ID, "fatal"):
		t.kind, t.outcome = 'x', "it fails"
	default:
		t.kind, t.outcome, t.after = 'r', "it fails", l.between(0, 1000<<(t.item.Tries-1))
	}
}
