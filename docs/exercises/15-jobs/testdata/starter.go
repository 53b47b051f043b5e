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
//
// Your part: a job that was taken stays on the queue until it is done. If its worker is
// not heard of for a Lease, the job is there to be taken again, as the next attempt.
type Queue struct {
	waiting []Job
}

// Put adds a job.
func (q *Queue) Put(id string, steps int) {
	q.waiting = append(q.waiting, Job{ID: id, Attempt: 1, Steps: steps})
}

// Take gives a job to a worker. It returns false if there is none to give now.
func (q *Queue) Take(now time.Time) (job Job, ok bool) {
	if len(q.waiting) == 0 {
		return Job{}, false
	}
	job = q.waiting[0]
	q.waiting = q.waiting[1:]
	return job, true
}

// Renew hears of a worker that has a job: its lease lasts from now on. It returns false if
// the job is no longer that worker's: somebody else has a newer attempt, or it is done.
func (q *Queue) Renew(job Job, now time.Time) bool { return true }

// Done takes a job off the queue for good. It returns false, and does nothing, if the job
// is no longer that worker's.
func (q *Queue) Done(job Job, now time.Time) bool { return true }

// Left is how many jobs are not done.
func (q *Queue) Left() int { return len(q.waiting) }

// A Ledger says who is charged. It lives beside the queue, and does not die either.
//
// Your part: a job is charged once, whoever asks, and however often.
type Ledger struct{}

// Pay reports whether the customer of this job is to be charged now.
func (l *Ledger) Pay(job Job) bool { return true }

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
//
// Your part: a job may have many steps, and take much longer than a Lease.
func Work(desk Desk) {
	for {
		job, ok := desk.Take()
		if !ok {
			return
		}
		for range job.Steps {
			desk.Step(job)
		}
		desk.Pay(job)
		desk.Done(job)
	}
}
