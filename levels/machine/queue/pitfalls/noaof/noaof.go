// Package noaof is a pitfall of queues on Redis: out of the box it keeps them in memory,
// and takes a snapshot now and then. A crash loses what was acknowledged since.
package noaof

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "R1",
	Name:  "noaof",
	Title: "Redis without a log",
	Level: "redis",
	Story: "A queue lies in a Redis with the settings it comes with; the server is killed and started again, and all jobs that it had acknowledged are gone.",

	Class:  pitfall.Count,
	Unit:   "acknowledged jobs lost of 1000",
	Breaks: pitfall.Exactly(jobs),
	Work:   jobs,
	Ask: pitfall.Predict{
		Question: "Redis acknowledges 1000 jobs, is killed a moment later, and starts again. With the settings it comes with, how many are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: what it has acknowledged, it has", If: pitfall.Exactly(0)},
			{Says: "those of the last second, a few of them", If: pitfall.Between(1, jobs-1)},
			{Says: "all", If: pitfall.Exactly(jobs)},
		},
	},

	Hints: [3]string{
		"Where are the jobs when the server says OK: in its memory, or on its disk?",
		"Look at save: a snapshot is taken after a minute if 10000 keys have changed, after five if 100 have, after an hour if one has.",
		"Have every command logged, appendonly yes, and the log on disk before the answer, appendfsync always.",
	},
	Why:   "An acknowledgement says that the job is in memory. The last snapshot is older, or there is none.",
	Fix:   "Turn the log on: appendonly yes. With appendfsync always each answer waits for the disk; with everysec the last second or two may be lost if the machine crashes.",
	Price: "With always, a write to the disk for every turn of the server, which all clients that wait share: milliseconds on a slow disk. The log is rewritten now and then.",
	Sources: []string{
		"Redis documentation, Redis persistence: RDB, AOF and appendfsync",
		"redis.conf of Redis 7.0: save 3600 1 300 100 60 10000 and appendonly no are its defaults",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
	Needs:  lab.Needs,
}

const jobs = 1000

// Observe kills a Redis with those settings when it has acknowledged jobs, starts it
// again, and counts.
func Observe(settings func() []string) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		server, err := lab.Start(ctx, settings()...)
		if err != nil {
			return seen, err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		if err := enqueue(ctx, server); err != nil {
			return seen, err
		}
		server.Crash()
		if err := server.Restart(ctx); err != nil {
			return seen, err
		}
		kept, err := server.LLen(ctx, "jobs").Result()
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "acknowledged, and there after the crash", Verdict: pitfall.Expected, Count: int(kept)},
			{What: "acknowledged, and lost", Verdict: pitfall.Forbidden, Count: jobs - int(kept)},
		}}, err
	}
}

// enqueue returns when all jobs are acknowledged.
func enqueue(ctx context.Context, server *lab.Server) error {
	pipe := server.Pipeline()
	for n := range jobs {
		pipe.LPush(ctx, "jobs", fmt.Sprint("job ", n))
	}
	_, err := pipe.Exec(ctx)
	return err
}
