// Package lostupdate is a pitfall of threads: two of them read the same number, and the
// second to write it back forgets what the first has added.
package lostupdate

import (
	"context"
	"embed"
	"runtime"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T2",
	Name:  "lostupdate",
	Title: "Lost update",
	Level: "thread",
	Story: "Two threads count on one counter; each reads it before the other has written, so one of two additions is forgotten.",

	Class:  pitfall.Count,
	Unit:   "updates lost of 4000",
	Breaks: pitfall.Between(1990, 2000),
	Work:   2 * each,
	Ask: pitfall.Predict{
		Question: "On one processor two goroutines add 1 to a counter 2000 times each, and yield to each other between reading and writing. How many of 4000 additions are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: on one processor only one runs at a time", If: pitfall.Exactly(0)},
			{Says: "a handful", If: pitfall.Between(1, 999)},
			{Says: "about half", If: pitfall.Between(1000, 4000)},
		},
	},

	Hints: [3]string{
		"Adding 1 is three steps: read, add, write. What may the other goroutine do between them?",
		"Look at the two lines that use count: nothing keeps another goroutine out from the first to the second.",
		"One sync.Mutex for both goroutines: Lock before count.Read, Unlock after count.Write.",
	},
	Why:   "A goroutine writes the number that it read, plus one, and so overwrites what was written in between. Here each pair of additions becomes one: the goroutines take turns on one processor. A plain count++ is the same three steps, as wrong and harder to catch: on two cores it lost none of 400,000.",
	Fix:   "Make reading and writing one step: a mutex around both, an atomic addition, or one goroutine that owns the count.",
	Price: "One lock and unlock for each addition; where threads meet at the lock, one at a time goes on.",
	Sources: []string{
		"Chabbi and Ramanathan, A study of real-world data races in Golang, PLDI 2022: over 2000 races found at Uber",
		"GoBench: 20 of its 35 non-blocking kernels are data races",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const each = 2000

// Observe runs a way to count: n additions in each of two goroutines. They have one
// processor, so that they take turns, and lose the same on every machine.
func Observe(add func(count *Count, n int)) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		var count Count
		add(&count, each)
		kept := count.n
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "counted", Verdict: pitfall.Expected, Count: min(kept, 2*each)},
			{What: "lost", Verdict: pitfall.Forbidden, Count: max(0, 2*each-kept)},
			{What: "counted twice", Verdict: pitfall.Forbidden, Count: max(0, kept-2*each)},
		}}, nil
	}
}
