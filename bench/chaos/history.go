package chaos

import "time"

// A History is what a round left behind, for [History.Judge].
type History struct {
	Told     map[int]Told    // what was told to who left the job; every job that was tried to be left is here
	Tries    []Try           // from the diaries of the workers
	Recorded map[int]Outcome // what the queue says that jobs came to
	Poison   map[int]bool    // the jobs that can only be given up
	Totals                   // what the queue itself has counted
	Kills    []Kill          // of workers
	Outages  []Span          // when Redis was away
	Complete bool            // the queue was empty before the second phase was over
	Rest     time.Duration   // that the second phase took
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
	Began  time.Time
	Ended  time.Time // zero if it did not
	Result bool      // it returned one
}

// A Token tells tries apart. It is also what they return, so that it is known whose result
// was recorded.
type Token struct{ Worker, Try int }

// An Outcome is what was recorded of a job.
type Outcome struct {
	By  Token
	Err string // if there is no result
}

// A Kill is the end of a worker.
type Kill struct {
	Worker int
	At     time.Time
}

// A Span is a stretch of time.
type Span struct{ From, To time.Time }

// overlaps reports whether s and the other have a moment in common.
func (s Span) overlaps(o Span) bool { return s.From.Before(o.To) && o.From.Before(s.To) }
