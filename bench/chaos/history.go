package chaos

import (
	"fmt"
	"time"
)

// A History is what a round left behind, for [History.Judge].
type History struct {
	Told     map[int]Told      // what was told to who left the job; every job that was tried to be left is here
	Doubts   map[int]Span      // from when a job was to be left until its producer was told that nobody knows
	Tries    []Try             // from the diaries of the workers
	Recorded map[int]Outcome   // what the queue says that jobs came to, when all is over
	Silent   map[int]error     // why it did not say that of a job
	First    map[int]Outcome   // what it said while the round was on, as soon as it did
	Poison   map[int]bool      // the jobs that can only be given up
	Totals                     // what the queue itself has counted
	Kills    []Kill            // of workers
	Hits     map[int][]Span    // the faults that met each worker; its kill has no end
	Starved  map[int][]Span    // when a worker stood still, or everybody: the machine had too much to do
	Leavers  map[int]time.Time // when a worker was told to leave
	Outages  []Span            // when Redis was away
	Cuts     []Span            // when the producers were cut off from it
	Lease    time.Duration     // of workers
	Died     []string          // workers that ended, and nobody had told them to
	Complete bool              // the queue was empty before the second phase was over
	Rest     time.Duration     // that the second phase took
	Lasted   time.Duration     // both phases
}

// Totals are a queue's own counts.
type Totals struct {
	Outcomes int // that were recorded, of any job
	Expired  int // tries whose lease ran out
	Retried  int // tries that failed, and were followed by another
}

// Told is what was told to who left a job.
type Told string

const (
	Acknowledged Told = "acknowledged"
	Unknown      Told = "unknown"    // an error: it may be in the queue, or not
	Unanswered   Told = "unanswered" // nothing at all, until the round was over
)

// A Try is one execution of a job.
type Try struct {
	Job    int
	By     Token
	Number int // the queue's: those that it took back before they began count, too
	Began  time.Time
	Ended  time.Time // zero if it did not
	Result bool      // it returned one
	Failed bool      // by itself; what neither failed nor has a result was stopped, or died
}

// A Token tells executions apart, and nothing in it is the queue's. It is also what they
// return, so that it is known whose result was recorded.
type Token struct {
	Worker int
	Run    int // the worker's own count, from 1
}

// An Outcome is what was recorded of a job.
type Outcome struct {
	By  Token
	Err string // if there is no result
}

func (o Outcome) String() string {
	if o.Err != "" {
		return fmt.Sprintf("%.40q", o.Err)
	}
	return fmt.Sprintf("the result of execution %d of worker %d", o.By.Run, o.By.Worker)
}

// A Kill is the end of a worker.
type Kill struct {
	Worker int
	At     time.Time
}

// A Span is a stretch of time. Without To it goes on for good.
type Span struct{ From, To time.Time }

// overlaps reports whether s and the other have a moment in common.
func (s Span) overlaps(o Span) bool {
	return (o.To.IsZero() || s.From.Before(o.To)) && (s.To.IsZero() || o.From.Before(s.To))
}
