package simulation

import (
	"fmt"
)

// Counts are Jepsen's of a queue (total-queue), and how often a job ran.
type Counts struct {
	Attempted    int // enqueued, or tried to
	Acknowledged int // and told so
	OK           int // have an outcome: a result, an end by abort, or a dead letter
	Lost         int // acknowledged, without an outcome in the end
	Unexpected   int // an outcome that no run, no abort and no limit of tries explains
	Duplicated   int // ran to the end more than once: leases that ran out cause it
	Recovered    int // not acknowledged, and done all the same

	Twice       int // outcomes recorded for a job that had one
	Unanswered  int // calls that got no answer
	Runs        int
	Expired     int // jobs that lay in a lane when its lease ran out
	Unexplained int // runs that no expired lease and no verdict accounts for
	Miscounted  int // tries with a wrong number, and outcomes after too many, or too few
	Forgotten   int // enqueued again, for Redis' clock had jumped over the number's life
}

func (c *Counts) add(d Counts) {
	for i, n := range d.all() {
		*c.each()[i] += n
	}
}

func (c *Counts) each() []*int {
	return []*int{&c.Attempted, &c.Acknowledged, &c.OK, &c.Lost, &c.Unexpected, &c.Duplicated, &c.Recovered, &c.Twice, &c.Unanswered, &c.Runs, &c.Expired, &c.Unexplained, &c.Miscounted, &c.Forgotten}
}

func (c *Counts) all() (n []int) {
	for _, p := range c.each() {
		n = append(n, *p)
	}
	return n
}

func (c Counts) String() string {
	return fmt.Sprintf("attempted %d, acknowledged %d, ok %d, lost %d, unexpected %d, duplicated %d, recovered %d; recorded twice %d, unanswered %d; runs %d, with a lease that expired %d, unexplained %d, tries miscounted %d; enqueued again after a jump of the clock %d",
		c.Attempted, c.Acknowledged, c.OK, c.Lost, c.Unexpected, c.Duplicated, c.Recovered, c.Twice, c.Unanswered, c.Runs, c.Expired, c.Unexplained, c.Miscounted, c.Forgotten)
}

// Err is what a sound queue never does.
func (c Counts) Err() error {
	if c.Lost+c.Unexpected+c.Twice+c.Unanswered+c.Unexplained+c.Miscounted > 0 {
		return fmt.Errorf("the queue breaks its promise: %v", c)
	}
	return nil
}

// A ledger knows what really happened to each job: it stands outside of the story.
type ledger struct {
	*sim
	jobs   []fact
	leases map[string]int64 // until when each runs, by Redis' clock
	open   int              // jobs that are acknowledged and have no outcome
	calls  int              // that wait for an answer
}

// A fact is what is known of a job.
type fact struct {
	attempted, acked, unknown, unwanted bool
	caller                              *client // who waits for the answer, or nil
	began, ended                        int
	outcomes                            int
	outcome                             string // the first one
	expired, again                      int    // how often it was to run again: for a lease, for a verdict
	forgotten                           int
	surprises, miscounts                int
	failed                              int // tries that failed, and were followed by another
}

func newLedger(s *sim) *ledger {
	l := &ledger{sim: s, jobs: make([]fact, s.config.Jobs), leases: map[string]int64{}}
	s.store.ended = func(m *Message, outcome string) {
		if outcome[0] == 'x' {
			s.fired[Buried]++
		}
		l.outcome(m.N, outcome)
	}
	s.store.renewed = func(lane string, until int64) { l.leases[lane] = until }
	s.store.lapsed = func(lane string, m *Message) {
		s.fired[Expired]++
		if m != nil && s.store.Now >= l.leases[lane] {
			l.jobs[m.N].expired++
		}
	}
	s.store.dropped = func(before sent, a Enqueue) {
		if before.number >= a.Number {
			s.fired[Forgot]++
			for _, e := range a.Plain {
				l.jobs[e.M.N].forgotten++
			}
			for _, r := range a.Recorded {
				l.jobs[r.M.N].forgotten++
			}
		}
	}
	return l
}

// handed checks the number of a try that Redis hands out. All those count that failed, or
// whose workers were thought dead, begun or not; those that were given back do not.
func (l *ledger) handed(item Item) {
	if item.M == nil {
		return // it has ended
	}
	f := &l.jobs[item.M.N]
	if item.Tries != f.expired+f.failed+1 && f.forgotten == 0 {
		f.miscounts++
	}
}

func (l *ledger) began(n int) { l.jobs[n].began++ }

func (l *ledger) acked(n int) {
	if f := &l.jobs[n]; !f.acked {
		f.acked = true
		if f.outcomes == 0 {
			l.open++
		}
	}
}

// outcome notes one that Redis has taken down.
func (l *ledger) outcome(n int, outcome string) {
	f := &l.jobs[n]
	f.outcomes++
	if f.outcomes == 1 {
		f.outcome = outcome
		if f.acked {
			l.open--
		}
	}
	if !l.likely(n, f, outcome) {
		f.surprises++
	}
	if outcome[0] != 'a' && !f.tried(outcome) {
		f.miscounts++
	}
}

// tried reports whether a job ended within its tries, and used up all if it was given up.
func (f *fact) tried(outcome string) bool {
	counted := f.expired + f.failed
	if outcome != "xits worker died" { // that one is among those that expired
		counted++
	}
	return counted <= maxTries*(1+f.forgotten) && (outcome[0] != 'x' || counted >= maxTries)
}

// likely reports whether an outcome follows from what happened.
func (l *ledger) likely(n int, f *fact, outcome string) bool {
	switch outcome[0] {
	case 'o':
		return f.ended > 0 && outcome == l.labels[n].result
	case 'x':
		return f.expired+f.again > 0 || f.began > 0
	}
	return outcome == "a" && f.unwanted
}

// hangUp notes that nobody waits for the answer to a call any more.
func (l *ledger) hangUp(n int) {
	if l.jobs[n].caller != nil {
		l.jobs[n].caller = nil
		l.calls--
	}
}

// answered notes the outcome that a caller got.
func (l *ledger) answered(n int, by *client, outcome string) {
	f := &l.jobs[n]
	if f.caller != by {
		return // it was answered before
	}
	l.hangUp(n)
	if !l.likely(n, f, outcome) {
		f.surprises++
	}
}

func (l *ledger) count() (c Counts) {
	for i := range l.jobs {
		f := &l.jobs[i]
		c.Attempted += b(f.attempted)
		c.Acknowledged += b(f.acked)
		c.OK += b(f.attempted && f.outcomes > 0)
		c.Lost += b(f.acked && f.outcomes == 0)
		c.Unexpected += f.surprises + b(!f.attempted && f.outcomes+f.began > 0)
		c.Duplicated += b(f.ended > 1)
		c.Recovered += b(f.unknown && !f.acked && f.outcomes > 0)
		c.Miscounted += f.miscounts
		c.Twice += max(0, f.outcomes-1-f.forgotten)
		c.Unanswered += b(f.caller != nil && f.acked)
		c.Runs += f.began
		c.Expired += f.expired
		c.Unexplained += max(0, f.began-1-f.expired-f.again-f.forgotten)
		c.Forgotten += f.forgotten
	}
	return c
}

func b(v bool) int {
	if v {
		return 1
	}
	return 0
}
