// Package failover is a pitfall of queues on Redis: replication comes after the
// acknowledgement. A replica that is promoted does not know the last jobs.
package failover

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
	ID:    "R2",
	Name:  "failover",
	Title: "Fail-over forgets",
	Level: "redis",
	Story: "The cable between a primary and its replica breaks, the primary goes on acknowledging jobs and dies, and the replica that takes over has never heard of them.",

	Class:  pitfall.Count,
	Unit:   "acknowledged jobs lost of 10",
	Breaks: pitfall.Exactly(lab.After),
	Work:   lab.Before + lab.After,
	Least:  1, // of those before: on a busy machine the replica may be late for the others
	Ask: pitfall.Predict{
		Question: "A primary acknowledges 5 jobs, loses its replica, acknowledges 5 more, and dies. The replica is promoted. How many of the 10 are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: without its replica the primary acknowledges nothing", If: pitfall.Exactly(0)},
			{Says: "one at most: the job that was on its way", If: pitfall.Exactly(1)},
			{Says: "5: the replica knows nothing of those", If: pitfall.Between(2, 10)},
		},
	},

	Hints: [3]string{
		"How many servers have a job when LPUSH is answered?",
		"Look at what decides that it is safe: the answer of one server.",
		"Ask WAIT 1 50 on the same connection, and call the job safe only if it says 1 or more.",
	},
	Why:   "The primary answers first and tells its replica afterwards. What was not told dies with it, however well its own disk keeps it.",
	Fix:   "After enqueueing ask WAIT how many replicas have it. If too few have, the outcome is unknown: tell the caller so, who may enqueue again under the same id.",
	Price: "A round trip to the replica for each answer, and the whole timeout while there is none. It is no guarantee: WAIT counts copies, but who is promoted may be another replica.",
	Sources: []string{
		"Redis documentation, WAIT: it does not make Redis a strongly consistent store",
		"Kyle Kingsbury, Jepsen: Redis, aphyr.com 2013: 56 % of acknowledged writes lost in a partition",
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
