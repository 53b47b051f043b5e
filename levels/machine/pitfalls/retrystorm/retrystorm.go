// Package retrystorm is a pitfall of machines: clients that were turned away together come
// back together. Back-off without chance only moves the crowd to a later time.
package retrystorm

import (
	"context"
	"embed"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "M5",
	Name:  "retrystorm",
	Title: "Retry storm",
	Level: "machine",
	Story: "A server is back, and 50 clients call at once; those it turns away wait equally long, so they collide again each time.",

	Class:  pitfall.Count,
	Unit:   "calls given up of 50",
	Breaks: pitfall.Exactly(18),
	Work:   clients,
	Ask: pitfall.Predict{
		Question: "50 clients call at once a server that serves 4 calls at a time, 10 ms each. Whoever is turned away waits 10, 20, 40 ... ms and gives up after 8 attempts. How many give up?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the waits double, and all work is done in 130 ms", If: pitfall.Exactly(0)},
			{Says: "a few, up to ten", If: pitfall.Between(1, 10)},
			{Says: "more than ten", If: pitfall.AtLeast(11)},
		},
	},

	Hints: [3]string{
		"After the first attempt, 46 clients wait. When does each of them come again?",
		"Look at what the wait depends on: the number of failures, which is the same for all who failed together.",
		"Wait a random time between 0 and that: random(min(most, first<<(failed-1))). This is called full jitter.",
	},
	Why:   "The wait is the same for all who failed together. Each time 4 are served and the rest are turned away, however long they wait.",
	Fix:   "Full jitter: wait a random time between 0 and the exponential back-off, with a cap; and a limit on attempts.",
	Price: "A single client that meets a single failure waits for a time that nobody can foretell, half as long on average.",
	Sources: []string{
		"Marc Brooker, Exponential backoff and jitter, AWS Architecture Blog, 2015",
		"langfuse/langfuse#15855: 4800 log lines in 15 s from connections retried at once",
		"redis/ioredis#1854: waits that grow by the same step for all, and a herd when many clients lose their connections at once",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

// Observe lets all clients wait in that way: so long after so many failures, with random
// for chance.
func Observe(wait func(failed int, random func(upTo time.Duration) time.Duration) time.Duration) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		served, tries := storm(wait)
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: fmt.Sprintf("call served (%.1f attempts for each)", float64(tries)/float64(max(1, served))), Verdict: pitfall.Expected, Count: served},
			{What: "call given up", Verdict: pitfall.Forbidden, Count: clients - served},
		}}, nil
	}
}
