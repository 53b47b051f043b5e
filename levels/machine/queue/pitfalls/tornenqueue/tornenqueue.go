// Package tornenqueue is a pitfall of queues on Redis: a job that is enqueued in two
// steps can be enqueued by half. Its payload is there, and nobody will ever look for it.
package tornenqueue

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
	ID:    "R5",
	Name:  "tornenqueue",
	Title: "Half a job",
	Level: "redis",
	Story: "A producer stores a job's payload and then puts its id into the queue; when it dies between the two, or the memory is full by then, half a job stays for ever.",

	Class:  pitfall.Count,
	Unit:   "jobs enqueued by half of 150",
	Breaks: pitfall.Exactly(jobs / 3),
	Work:   jobs,
	Least:  jobs / 3, // of the producers that do not die
	Ask: pitfall.Predict{
		Question: "A job is two commands: store the payload, queue the id. Of 150 producers 50 die before their first command and 50 before their second. How many jobs are there by half?",
		Choices: [3]pitfall.Choice{
			{Says: "none: Redis is single-threaded, so nothing comes between", If: pitfall.Exactly(0)},
			{Says: "50", If: pitfall.Exactly(jobs / 3)},
			{Says: "100", If: pitfall.Exactly(2 * jobs / 3)},
		},
	},

	Hints: [3]string{
		"What can happen to a producer, or to the server's memory, between two commands?",
		"Look at the two calls: the second is a message of its own, and may never be sent.",
		"Write a redis.NewScript that does both with redis.call, and Run it with both keys; or send both in one TxPipelined.",
	},
	Why:   "Each command is one step, but two commands are two. The server knows nothing of a plan that they belong to.",
	Fix:   "Send one script, or one transaction: Redis runs all of it, and nothing between. The order of the two does not help: the other way round there is an id without a payload.",
	Price: "A script keeps the server from everything else while it runs, so keep it short. It is not rolled back if it fails halfway: check first, write then.",
	Sources: []string{
		"Redis documentation, Transactions, and Scripting with Lua: a script runs as one step",
		"OptimalBits/bull and taskforcesh/bullmq: each step of a job is a Lua script",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
	Needs:  lab.Needs,
}

const jobs = 150

// dies is when the producer of a job dies: before so many of its commands. One in three
// does not.
func dies(job int) func(n int) lab.Fault {
	return func(n int) lab.Fault {
		if job%3 > 0 && n >= job%3-1 {
			return lab.Unsent
		}
		return lab.None
	}
}

// Observe has producers enqueue, and die.
func Observe(enqueue func(ctx context.Context, rdb *redis.Client, id, payload string) error) pitfall.Variant {
	return lab.Enqueue(jobs, dies, enqueue, tally)
}

// tally counts how the jobs ended.
func tally(ctx context.Context, server *lab.Server, told map[string]error) (seen pitfall.Seen, err error) {
	payloads, err := server.HGetAll(ctx, "payloads").Result()
	if err != nil {
		return seen, err
	}
	ready, err := server.LRange(ctx, "ready", 0, -1).Result()
	if err != nil {
		return seen, err
	}
	queued := map[string]bool{}
	for _, id := range ready {
		queued[id] = true
	}
	var whole, none, half, silent int
	for id, err := range told {
		_, stored := payloads[id]
		switch {
		case stored && queued[id]:
			whole++
		case stored || queued[id]:
			half++
		case err != nil:
			none++
		default:
			silent++
		}
	}
	return pitfall.Seen{Outcomes: []pitfall.Outcome{
		{What: "payload and id are there", Verdict: pitfall.Expected, Count: whole},
		{What: "neither is there: its producer died, or has an error", Verdict: pitfall.Allowed, Count: none},
		{What: "one without the other", Verdict: pitfall.Forbidden, Count: half},
		{What: "neither is there, and its producer was told nothing", Verdict: pitfall.Forbidden, Count: silent},
	}}, nil
}
