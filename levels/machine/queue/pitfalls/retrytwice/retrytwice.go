// Package retrytwice is a pitfall of queues on Redis: an answer is lost, and the client
// sends its command again. The first had been carried out, so the job is there twice.
package retrytwice

import (
	"context"
	"embed"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "R6",
	Name:  "retrytwice",
	Title: "Tried again, there twice",
	Level: "redis",
	Story: "The answer to an enqueue gets lost on its way, so the client tries again and is told that all is well: the job is in the queue two or three times.",

	Class:  pitfall.Count,
	Unit:   "jobs there more than once of 100",
	Breaks: pitfall.Exactly(jobs / 2),
	Work:   jobs,
	Ask: pitfall.Predict{
		Question: "100 jobs are enqueued, each tried up to three times. For every second one two answers are lost on their way back. How many jobs are in the queue more than once?",
		Choices: [3]pitfall.Choice{
			{Says: "none: Redis sees that it is the same command", If: pitfall.Exactly(0)},
			{Says: "50: each of those, three times over", If: pitfall.Exactly(jobs / 2)},
			{Says: "all 100", If: pitfall.Exactly(jobs)},
		},
	},

	Hints: [3]string{
		"If no answer comes, what do you know of the command: that it failed?",
		"Look at what the second try sends: nothing in it says that it is the same job.",
		"Send the id too, and let a script add the job only if HSETNX of the id returns 1.",
	},
	Why:   "A lost answer looks like a lost command. Trying again is right only for commands that may be carried out twice, and LPUSH is none.",
	Fix:   "Make the command idempotent: a script that remembers ids and adds a job once. Then every retry is harmless, also those of client libraries, which make them unasked: go-redis three.",
	Price: "Ids are memory: they must be kept for as long as a retry may come, and forgotten some time.",
	Sources: []string{
		"go-redis: Options.MaxRetries is 3 where it is not set to -1",
		"redis/jedis#3187: commands that were carried out are sent up to five times after a timeout",
		"Pat Helland, Idempotence is not a medical condition, ACM Queue 2012",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
	Needs:  lab.Needs,
}

const jobs = 100

// loses is which answers to the commands of a job get lost: of every second one, two.
func loses(job int) func(n int) lab.Fault {
	return func(n int) lab.Fault {
		if job%2 == 1 && n < 2 {
			return lab.Unanswered
		}
		return lab.None
	}
}

// Observe enqueues jobs on a line on which answers get lost.
func Observe(enqueue func(ctx context.Context, rdb *redis.Client, id, payload string) error) pitfall.Variant {
	return lab.Enqueue(jobs, loses, enqueue, tally)
}

// tally counts how the jobs ended.
func tally(ctx context.Context, server *lab.Server, told map[string]error) (pitfall.Seen, error) {
	ready, err := server.LRange(ctx, "ready", 0, -1).Result()
	if err != nil {
		return pitfall.Seen{}, err
	}
	copies := map[string]int{}
	for _, payload := range ready {
		copies[payload]++
	}
	var once, unknown, twice, lost int
	for id, err := range told {
		switch n := copies[lab.Payload(id)]; {
		case n > 1:
			twice++
		case err != nil:
			unknown++
		case n == 1:
			once++
		default:
			lost++
		}
	}
	return pitfall.Seen{Outcomes: []pitfall.Outcome{
		{What: "there once", Verdict: pitfall.Expected, Count: once},
		{What: "unknown, and its caller has an error", Verdict: pitfall.Allowed, Count: unknown},
		{What: "there more than once", Verdict: pitfall.Forbidden, Count: twice},
		{What: "acknowledged, and not there", Verdict: pitfall.Forbidden, Count: lost},
	}}, nil
}
