// Package eviction is a pitfall of queues on Redis: when memory is full, a server that is
// set up as a cache makes room. A queue is one key, and is thrown out as a whole.
package eviction

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "R4",
	Name:  "eviction",
	Title: "Evicted queue",
	Level: "redis",
	Story: "A queue shares the settings of a cache; when the memory is full, the server throws out the key that was used least, and that key is the queue.",

	Class:  pitfall.Count,
	Unit:   "acknowledged jobs lost of 3000",
	Breaks: pitfall.Between(1000, jobs-1),
	Work:   jobs,
	Least:  1000, // there is room for more than 1500
	Ask: pitfall.Predict{
		Question: "A Redis evicts by allkeys-lru and has room for about 2000 jobs of 1 KiB. A producer enqueues 3000. How many of those that were acknowledged are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: it says so when it is full", If: pitfall.Exactly(0)},
			{Says: "the oldest 1000: each new one pushes one out", If: pitfall.Between(1, 999)},
			{Says: "all that were there when it was full, and maybe more", If: pitfall.Between(1000, jobs)},
		},
	},

	Hints: [3]string{
		"What is the smallest thing that Redis can evict: a job, or a key?",
		"Look at maxmemory-policy: allkeys means your queue too.",
		"Set maxmemory-policy noeviction: who enqueues gets an error when there is no room.",
	},
	Why:   "Redis evicts keys. A list is one key however long it is, so that making room for one job throws out two thousand, without an error to anybody.",
	Fix:   "Give the queue a Redis of its own with maxmemory-policy noeviction, and treat its OOM error as a full queue: wait, or refuse the work.",
	Price: "Producers must deal with a queue that is full; and a cache needs a second Redis.",
	Sources: []string{
		"Redis documentation, Key eviction: policies, and that noeviction answers writes with errors",
		"sidekiq/sidekiq#2883: allkeys-lru evicted Sidekiq's keys first",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
	Needs:  lab.Needs,
}

const (
	jobs = 3000
	size = 1 << 10 // of a job
	room = 2 << 20 // for jobs
)

// Observe enqueues more jobs than there is room for, under the settings.
func Observe(settings func(bytes int) []string) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		server, err := lab.Start(ctx)
		if err != nil {
			return seen, err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		if err := limit(ctx, server, settings); err != nil {
			return seen, err
		}
		acknowledged, err := enqueue(ctx, server)
		if err != nil {
			return seen, err
		}
		kept, err := server.LLen(ctx, "jobs").Result()
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "acknowledged, and in the queue", Verdict: pitfall.Expected, Count: int(kept)},
			{What: "refused with an error: its caller knows", Verdict: pitfall.Allowed, Count: jobs - acknowledged},
			{What: "acknowledged, and lost", Verdict: pitfall.Forbidden, Count: acknowledged - int(kept)},
		}}, err
	}
}

var used = regexp.MustCompile(`used_memory:(\d+)`)

// limit sets the server up so that there is room beyond what it takes by itself.
func limit(ctx context.Context, server *lab.Server, settings func(bytes int) []string) error {
	info, err := server.Info(ctx, "memory").Result()
	if err != nil {
		return err
	}
	match := used.FindStringSubmatch(info)
	if match == nil {
		return errors.New("the server does not tell how much memory it uses")
	}
	bytes, err := strconv.Atoi(match[1])
	for _, line := range settings(bytes + room) {
		name, value, _ := strings.Cut(line, " ")
		err = errors.Join(err, server.ConfigSet(ctx, name, value).Err())
	}
	return err
}

// enqueue enqueues all jobs, one after the other, and counts those that are acknowledged.
func enqueue(ctx context.Context, server *lab.Server) (acknowledged int, err error) {
	padding := strings.Repeat(".", size)
	for n := range jobs {
		err := server.LPush(ctx, "jobs", fmt.Sprint("job ", n, padding)).Err()
		switch {
		case err == nil:
			acknowledged++
		case !redis.HasErrorPrefix(err, "OOM"):
			return acknowledged, err
		}
	}
	return acknowledged, nil
}
