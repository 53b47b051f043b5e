// Package crossslot is a pitfall of queues on Redis: what works on one server is refused
// by a cluster. A script's keys must lie in one slot, and keys without a tag do not.
package crossslot

import (
	"context"
	"embed"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "R7",
	Name:  "crossslot",
	Title: "Keys in two slots",
	Level: "redis",
	Story: "A queue that has run well on one Redis moves to a cluster, and every job is refused: its script uses two keys, and they lie in different slots.",

	Class:  pitfall.Count,
	Unit:   "jobs refused of 100",
	Breaks: pitfall.Exactly(jobs),
	Work:   jobs,
	Ask: pitfall.Predict{
		Question: "A script enqueues with two keys, mail:ready and mail:payloads. On a Redis cluster that is one node for now, how many of 100 jobs for 100 such queues are refused?",
		Choices: [3]pitfall.Choice{
			{Says: "none: all keys are on the same node", If: pitfall.Exactly(0)},
			{Says: "about half", If: pitfall.Between(1, jobs-1)},
			{Says: "all: it goes by slots, not by nodes", If: pitfall.Exactly(jobs)},
		},
	},

	Hints: [3]string{
		"How does a cluster decide on which node a key lies?",
		"Look at the names: Redis hashes the whole name, unless a part of it stands in braces.",
		`Put the queue's name in braces in both keys: "{" + queue + "}:ready".`,
	},
	Why:   "A key's name is hashed to one of 16384 slots, and a script may use keys of one slot only, so that it works wherever slots are moved.",
	Fix:   "Write what the keys have in common in braces: only that part is hashed. Name all keys of a script in KEYS.",
	Price: "All of a queue lies on one node: a queue grows no larger than that. More takes several queues, each with a tag of its own.",
	Sources: []string{
		"Redis Cluster specification: hash slots and hash tags",
		"taskforcesh/bullmq#459: CROSSSLOT on a cluster; hibiken/asynq#1002: one queue, one node",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
	Needs:  lab.Needs,
}

const jobs = 100

var enqueue = redis.NewScript(`
	redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
	redis.call('LPUSH', KEYS[1], ARGV[1])
	return 'OK'
`)

// Observe enqueues a job in each of many queues, whose keys are named so, on a cluster.
func Observe(names func(queue string) (ready, payloads string)) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		node, err := lab.Start(ctx, "cluster-enabled yes")
		if err != nil {
			return seen, err
		}
		defer func() { err = errors.Join(err, node.Close()) }()
		if err := node.ClusterAddSlotsRange(ctx, 0, 16383).Err(); err != nil {
			return seen, err
		}
		var queued, refused int
		for n := range jobs {
			ready, payloads := names(fmt.Sprint("mail-", n))
			switch err := run(ctx, node, ready, payloads); {
			case err == nil:
				queued++
			case redis.HasErrorPrefix(err, "CROSSSLOT"):
				refused++
			default:
				return seen, err
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "enqueued", Verdict: pitfall.Expected, Count: queued},
			{What: "refused: CROSSSLOT", Verdict: pitfall.Forbidden, Count: refused},
		}}, nil
	}
}

// run enqueues a job as soon as the cluster takes any: a node that has just started
// waits for two seconds, in case that it was replaced while it was away.
func run(ctx context.Context, node *lab.Server, ready, payloads string) (err error) {
	late := lab.Until(ctx, "the cluster is up", func() bool {
		err = enqueue.Run(ctx, node, []string{ready, payloads}, "id", "payload").Err()
		return !redis.HasErrorPrefix(err, "CLUSTERDOWN")
	})
	return errors.Join(err, late)
}
