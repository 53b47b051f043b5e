// Package falsesharing is a pitfall of threads: each has a counter of its own, and still
// they slow each other down, for the counters are neighbours in memory.
package falsesharing

import (
	"context"
	"embed"
	"fmt"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T6b",
	Name:  "falsesharing",
	Title: "Hot cache line",
	Level: "thread",
	Story: "Two threads count, each on a counter of its own, and the two counters lie side by side in memory.",

	Class:  pitfall.Par,
	Unit:   "x one thread alone",
	Breaks: pitfall.AtLeast(2.2),
	Holds:  pitfall.AtMost(1.6), // two runs of the same computing differ by as much on a busy machine
	Work:   threads,
	Ask: pitfall.Predict{
		Question: "Two threads count on two cores, each on an int64 of its own, next to each other in a slice. How long does a count take, against one thread alone?",
		Choices: [3]pitfall.Choice{
			{Says: "half as long: there are two", If: pitfall.Between(0, 0.7)},
			{Says: "the same: they share nothing", If: pitfall.Between(0.7, 2)},
			{Says: "at least twice as long", If: pitfall.AtLeast(2)},
		},
	},

	Hints: [3]string{
		"The program shares nothing. In which pieces do two cores share memory?",
		"Look at where the counters lie: how many int64 go into 64 bytes?",
		"A struct with the int64 and [120]byte of nothing, and a slice of those.",
	},
	Why:   "Cores hand memory to each other in lines of 64 bytes (on some 128), and only one at a time may write to a line. Two counters in one line: it goes to and fro, and each waits for it.",
	Fix:   "Room between what different threads write often: two lines, for some processors fetch them in pairs. Better still: count in a local variable.",
	Price: "128 bytes for 8; and it must be said in a comment, or the next one tidies it up.",
	Sources: []string{
		"orcaman/concurrent-map#101: shards of a map on one line, so that locks of different keys meet",
		"jonhoo/drwmutex#9: padding between locks, and how much it brings",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Needs:     fineClock,
	Now:       ownCaches,
}

// yardstick is one thread alone.
func yardstick(ctx context.Context) (seen pitfall.Seen, err error) {
	_, seen.Took, err = count(ctx, []*int64{new(int64)})
	return seen, err
}

// Observe runs a way to lay out counters.
func Observe(lay func(threads int) (counters []*int64)) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		counters := lay(threads)
		if len(counters) != threads {
			return seen, fmt.Errorf("%d counters for %d threads", len(counters), threads)
		}
		done, took, err := count(ctx, counters)
		right := 0
		for _, n := range counters {
			if *n == int64(done*adds) {
				right++
			}
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "counter right", Verdict: pitfall.Expected, Count: right},
			{What: "counter wrong", Verdict: pitfall.Forbidden, Count: threads - right},
		}}, err
	}
}
