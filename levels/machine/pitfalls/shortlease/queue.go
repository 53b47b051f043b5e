package shortlease

import "time"

// A Queue hands out jobs on lease: a job whose lease is over goes to the next worker that
// asks. It keeps the accounts, too, and counts what was paid for each job.
type Queue struct {
	clock *clock
	jobs  [jobs]state
}

type state struct {
	token   int           // of the newest lease: each has a higher one than the last
	until   time.Duration // the end of that lease
	done    bool
	paid    int
	refused int // attempts to pay by workers that no longer had the job
}

// A Job is a job on lease.
type Job struct {
	ID    int
	Token int // of this lease: who has an old one no longer has the job
	Steps int

	queue *Queue
}

// Lease waits for a job that nobody has, and returns false when all are done.
func (q *Queue) Lease(lasts time.Duration) (job Job, ok bool) {
	for {
		done := 0
		for i := range q.jobs {
			switch s := &q.jobs[i]; {
			case s.done:
				done++
			case s.until <= q.clock.now:
				s.token++
				s.until = q.clock.now + lasts
				return Job{i, s.token, steps, q}, true
			}
		}
		if done == jobs {
			return job, false
		}
		q.clock.sleep(time.Second)
	}
}

// Renew makes a lease last from now on, if the job is still the worker's.
func (q *Queue) Renew(job Job, lasts time.Duration) {
	if s := &q.jobs[job.ID]; s.token == job.Token {
		s.until = q.clock.now + lasts
	}
}

// Pay pays for a job.
func (q *Queue) Pay(job Job) { q.jobs[job.ID].paid++ }

// Done takes a job off the queue.
func (q *Queue) Done(job Job) { q.jobs[job.ID].done = true }

// PayOnce is Pay and Done in one step, unless the job is done, or somebody else has it.
func (q *Queue) PayOnce(job Job) {
	s := &q.jobs[job.ID]
	if s.done || s.token != job.Token {
		s.refused++
		return
	}
	s.paid++
	s.done = true
}

// Work is one second of work. The first worker to begin the first job is stopped in the
// middle of it, for longer than its lease lasts: a pause for garbage, a machine that moves.
func (j Job) Work() {
	c := j.queue.clock
	c.sleep(time.Second)
	if j.ID == 0 && j.Token == 1 && c.now == stop {
		c.sleep(pause)
	}
}
