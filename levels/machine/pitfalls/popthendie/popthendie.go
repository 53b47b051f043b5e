// Package popthendie is a pitfall of machines: a worker takes a job off the queue and
// dies before the job is done. Then nobody has it: the queue forgot it, and so did the worker.
package popthendie

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "M2"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "popthendie",
	Title: "Pop, then die",
	Level: "machine",
	Story: "Workers take jobs off a queue; five are killed in the middle of a job, and nobody else knows that these jobs were ever there.",

	Class:  pitfall.Count,
	Unit:   "jobs lost of 40",
	Breaks: pitfall.Exactly(kills),
	Work:   jobs,
	Least:  jobs - 1, // one is done twice
	Ask: pitfall.Predict{
		Question: "Three workers pop 40 jobs. Five times one is killed in the middle of a job, and a new one takes its place. How many jobs are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the new worker goes on where the old one was", If: pitfall.Exactly(0)},
			{Says: "five: one for each kill", If: pitfall.Between(1, kills)},
			{Says: "nearly all: the queue dies with its workers", If: pitfall.Between(kills+1, jobs)},
		},
	},

	Hints: [3]string{
		"Who knows of a job while it is being done? Who of them is still there after kill -9?",
		"Look at what Pop leaves on the queue: nothing. It happens before the job is done.",
		"Take the job with queue.Lease instead, and call queue.Done(job) only after do(job).",
	},
	Why:   "Pop is the last that the queue hears of a job. A worker that dies after it takes the only copy along.",
	Fix:   "Keep the job on the queue, marked as being done, until the worker says that it is done; give it to another if the worker dies.",
	Price: "A second message for each job; and a worker that dies between the effect and Done has its job done twice.",
	Sources: []string{
		"hibiken/asynq#286: tasks of a worker that was shut down stay active, until a later version recovers them",
		"arq documentation, pessimistic execution: a job stays on the queue until it has succeeded or failed",
	},

	Code:    code,
	Broken:  Observe("broken"),
	Fixed:   Observe("fixed"),
	Helpers: map[string]func([]string) error{"broken": Worker(broken), "fixed": Worker(fixed)},
}

const (
	jobs    = 40
	kills   = 5 // in the middle of a job
	workers = 3
	most    = 10 * time.Second // for workers that hang
)

// Observe runs workers that are processes: helpers of that name, which [Worker] makes. Six
// of them are killed. The queue's keeper knows of a death at once; a real one learns of it
// when a lease runs out.
func Observe(worker string) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		tight, cancel := context.WithTimeout(ctx, most)
		defer cancel()
		k := newKeeper()
		defer context.AfterFunc(tight, k.close)()
		var errs [workers]error
		var wg sync.WaitGroup
		for i := range workers {
			wg.Go(func() { errs[i] = k.seat(tight, worker) })
		}
		wg.Wait()
		return k.seen(), errors.Join(append(errs[:], context.Cause(ctx))...)
	}
}

func (k *keeper) seen() pitfall.Seen {
	var lost, once, again int
	for i := range jobs {
		switch k.effects[fmt.Sprint(i)] {
		case 0:
			lost++
		case 1:
			once++
		default:
			again++
		}
	}
	return pitfall.Seen{Outcomes: []pitfall.Outcome{
		{What: "job done", Verdict: pitfall.Expected, Count: once},
		{What: "job done twice: its worker died before it could say so", Verdict: pitfall.Allowed, Count: again},
		{What: "job lost", Verdict: pitfall.Forbidden, Count: lost},
	}}
}
