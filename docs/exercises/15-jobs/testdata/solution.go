// Package jobs is a queue, its workers, and what the customers are charged. Workers die.
// This is the only file that you change.
package jobs

import "time"

// Lease is how long a worker has a job before the queue must hear of it again.
const Lease = 300 * time.Millisecond

// A Job as a worker has it.
type Job struct {
	ID      string
	Attempt int // 1 for the first worker that has it, then 2, and so on
	Steps   int // of work
}

// A Queue lives in a process that does not die, and is called by one goroutine at a time.
type Queue struct {
	jobs []*entry // in the order in which they came
}

// An entry stays on the queue until it is done.
type entry struct {
	Job             // as the newest attempt has it; attempt 0 is before the first
	until time.Time // the end of that attempt's lease
	done  bool
}

// Put adds a job.
func (q *Queue) Put(id string, steps int) {
	q.jobs = append(q.jobs, &entry{Job: Job{ID: id, Steps: steps}})
}

// Take gives a job to a worker: one that nobody has had, or whose lease is over. It
// returns false if there is none to give now.
func (q *Queue) Take(now time.Time) (job Job, ok bool) {
	for _, e := range q.jobs {
		if !e.done && !now.Before(e.until) {
			e.Attempt++ // from here on the worker before is fenced off
			e.until = now.Add(Lease)
			return e.Job, true
		}
	}
	return Job{}, false
}

// Renew hears of a worker that has a job: its lease lasts from now on. It returns false if
// the job is no longer that worker's: somebody else has a newer attempt, or it is done.
func (q *Queue) Renew(job Job, now time.Time) bool {
	e := q.of(job)
	if e == nil {
		return false
	}
	e.until = now.Add(Lease)
	return true
}

// Done takes a job off the queue for good. It returns false, and does nothing, if the job
// is no longer that worker's.
func (q *Queue) Done(job Job, now time.Time) bool {
	e := q.of(job)
	if e == nil {
		return false
	}
	e.done = true
	return true
}

// of finds a job, if it is still this attempt's.
func (q *Queue) of(job Job) *entry {
	for _, e := range q.jobs {
		if e.ID == job.ID && e.Attempt == job.Attempt && !e.done {
			return e
		}
	}
	return nil
}

// Left is how many jobs are not done.
func (q *Queue) Left() (n int) {
	for _, e := range q.jobs {
		if !e.done {
			n++
		}
	}
	return n
}

// A Ledger says who is charged. It lives beside the queue, and does not die either.
type Ledger struct {
	charged map[string]bool // the job's id is the key that makes a charge idempotent
}

// Pay reports whether the customer of this job is to be charged now.
func (l *Ledger) Pay(job Job) bool {
	if l.charged == nil {
		l.charged = map[string]bool{}
	}
	again := l.charged[job.ID]
	l.charged[job.ID] = true
	return !again
}

// A Desk is a worker's line to the queue and the ledger. It may be used by several
// goroutines.
type Desk interface {
	Take() (job Job, ok bool) // waits for a job; false: all are done
	Step(job Job)             // does the next step of a job, which takes 20 ms
	Renew(job Job) bool
	Pay(job Job) bool
	Done(job Job) bool
}

// Work is a worker: a process that may be killed at any point.
func Work(desk Desk) {
	for {
		job, ok := desk.Take()
		if !ok {
			return
		}
		mine := true
		for i := 0; i < job.Steps && mine; i++ {
			desk.Step(job)
			mine = desk.Renew(job)
		}
		if mine {
			desk.Pay(job)  // "already charged" is fine: the worker before died just then
			desk.Done(job) // after the effect, never before it
		}
	}
}
