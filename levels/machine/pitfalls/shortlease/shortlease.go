// Package shortlease is a pitfall of machines: a job takes longer than the lease under
// which a worker has it. The queue takes the worker for dead and gives the job to another,
// and both do it to the end.
package shortlease

import (
	"context"
	"embed"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "M3",
	Name:  "shortlease",
	Title: "Lease shorter than the job",
	Level: "machine",
	Story: "A job takes 15 s and its lease lasts 10 s; the queue gives it to a second worker while the first is at it, and the customer pays twice.",

	Class:  pitfall.Count,
	Unit:   "jobs paid twice of 10",
	Breaks: pitfall.Exactly(jobs),
	Work:   jobs,
	Least:  jobs - 1, // one worker is stopped
	Ask: pitfall.Predict{
		Question: "Ten jobs take 15 s each, a lease lasts 10 s, and 20 workers wait for jobs. Each job ends with a payment. How many are paid twice?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the lease keeps others away", If: pitfall.Exactly(0)},
			{Says: "one or two: only where a worker is slow", If: pitfall.Between(1, 2)},
			{Says: "all ten", If: pitfall.Between(3, jobs)},
		},
	},

	Hints: [3]string{
		"A queue cannot tell a slow worker from a dead one. What does it do when the lease is over, and what does the slow one do then?",
		"Look at Pay: it asks nobody whether the job is still this worker's. And nothing has told the queue since Lease that the worker is alive.",
		"Call queue.Renew after each step, so that a lease outlives its job; and queue.PayOnce(job) instead of Pay and Done, so that a worker that was stopped and comes back is refused.",
	},
	Why:   "A lease ends by the clock, not with the job. From then on two workers have it, and the first to finish does not know.",
	Fix:   "Renew while you work, so that only the dead lose a lease; and let the effect be refused if its token is not the newest: a fence, for those that come back from the dead.",
	Price: "A message for each renewal; a token that the effect's store checks in the same step; and a dead worker's job waits until its lease is over.",
	Sources: []string{
		"Martin Kleppmann, How to do distributed locking, 2016: a holder that is paused, a lease that ends, and the fencing token",
		"bsm/redislock#93: a proposal to make such tokens with the lock",
		"arq documentation: jobs may run more than once, and should be written so that they can",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	jobs    = 10
	steps   = 15 // of a second
	workers = 20
	stop    = 5 * time.Second // when a worker is stopped
	pause   = 40 * time.Second
)

// Observe runs 20 workers, in virtual time.
func Observe(work func(queue *Queue)) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		q := &Queue{clock: &clock{}}
		q.clock.run(workers, func() { work(q) })
		var once, late, again, never int
		for _, s := range q.jobs {
			switch {
			case s.paid == 0:
				never++
			case s.paid > 1:
				again++
			case s.refused > 0:
				late++
			default:
				once++
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "paid once", Verdict: pitfall.Expected, Count: once},
			{What: "paid once; a worker that had lost the job was refused", Verdict: pitfall.Allowed, Count: late},
			{What: "paid twice or more", Verdict: pitfall.Forbidden, Count: again},
			{What: "never paid", Verdict: pitfall.Forbidden, Count: never},
		}}, nil
	}
}
