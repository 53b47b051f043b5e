// Package waited is a pitfall of queues on Redis: WAIT waits for replicas, and answers
// without an error when none has come. Whoever does not look at its number has not waited.
package waited

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
	ID:    "R3",
	Name:  "waited",
	Title: "WAIT said 0",
	Level: "redis",
	Story: "A producer asks WAIT for a second copy of each job and takes any answer for a yes; the answer was 0, and the job is lost in a fail-over.",

	Class:  pitfall.Count,
	Unit:   "acknowledged jobs lost of 10",
	Breaks: pitfall.Exactly(lab.After),
	Work:   lab.Before + lab.After,
	Least:  1, // of those before: on a busy machine the replica may be late for the others
	Ask: pitfall.Predict{
		Question: "Each of 10 jobs is followed by WAIT 1 50, which returns no error; for the last 5 the replica is cut off. The primary dies, the replica is promoted. How many are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: WAIT returned, so the replica had them", If: pitfall.Exactly(0)},
			{Says: "one: after that WAIT returns an error", If: pitfall.Exactly(1)},
			{Says: "5: WAIT returned 0", If: pitfall.Between(2, 10)},
		},
	},

	Hints: [3]string{
		"What does WAIT answer when its time is over and no replica has the job?",
		"Look at what is done with the answer of WAIT: only its error is used.",
		"Take copies, err := primary.Wait(...).Result(), and call the job safe if copies is 1 or more.",
	},
	Why:   "A timeout of WAIT is no error: its answer is the number of replicas that have the write, and 0 is a number. Nor is the write undone.",
	Fix:   "Compare the number with what was asked for. If it is less, the outcome is unknown: the job may survive, or not.",
	Price: "Callers have a third outcome to deal with, beside done and failed; and each waits for the whole timeout while the replica is away.",
	Sources: []string{
		"Redis documentation, WAIT: the command returns the number of replicas, when the timeout is reached too",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
	Needs:  lab.Needs,
}

// Observe puts a way to enqueue through a fail-over.
func Observe(enqueue func(context.Context, *redis.Conn, string) (safe bool, err error)) pitfall.Variant {
	return lab.FailOver(enqueue)
}
