// Package racewithoutthreads is a pitfall of async I/O: there is one thread, and an
// update is lost all the same. Between reading and writing a task awaits, and others run.
package racewithoutthreads

import (
	"context"
	"embed"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/tinyloop"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A5",
	Name:  "racewithoutthreads",
	Title: "A race without threads",
	Level: "async",
	Story: "A hundred buyers are served on one thread; each task reads how many tickets are left, awaits the payment, and writes one less: 100 are sold and one is counted.",

	Class:  pitfall.Count,
	Unit:   "sales lost of 100",
	Breaks: pitfall.Exactly(buyers - 1),
	Work:   buyers,
	Ask: pitfall.Predict{
		Question: "On an event loop with one thread 100 tasks each read a number, await, and write the number less 1. How many of the 100 are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: without threads there is no race", If: pitfall.Exactly(0)},
			{Says: "some, another number each time", If: pitfall.Between(1, 98)},
			{Says: "99, every time", If: pitfall.Between(99, 100)},
		},
	},

	Hints: [3]string{
		"A task that awaits lets the others run. What may they have changed when it goes on?",
		"Look at n: it is read before the wait, and written after it.",
		"Read *left in the function that pay calls, in the line before it is written; or write *left-- there.",
	},
	Why:   "All hundred read 100 before the first has paid, so all hundred write 99.",
	Fix:   "Do not wait between reading and writing: read after the await. What must hold across a wait needs a lock that waits too (asyncio.Lock), or one task that owns the number.",
	Price: "None; but what was true before the wait must be checked again after it: the last ticket may be gone once it is paid for.",
	Sources: []string{
		"aikaterna/gobcog#27: two commands of one asyncio bot, one writes back a stale count, and rewards are lost",
		"ESLint's rule require-atomic-updates, which looks for a value that is read before an await and written after it",
		"Python documentation, asyncio.Lock: a mutex for tasks of one thread",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	buyers  = 100
	payment = 5 * time.Millisecond
)

// Observe runs a way to sell one ticket, once for each buyer.
func Observe(sell func(left *int, pay func(then func()))) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		left, paid := buyers, 0
		tinyloop.Run(func(l *tinyloop.Loop) {
			for range buyers {
				sell(&left, func(then func()) {
					l.After(payment, func() {
						paid++
						then()
					})
				})
			}
		})
		counted := buyers - left
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "sold and counted", Verdict: pitfall.Expected, Count: min(counted, paid)},
			{What: "sold, but not counted", Verdict: pitfall.Forbidden, Count: max(0, paid-counted)},
			{What: "counted without a payment", Verdict: pitfall.Forbidden, Count: max(0, counted-paid)},
		}}, nil
	}
}
