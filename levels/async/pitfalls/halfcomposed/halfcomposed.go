// Package halfcomposed is a pitfall of async I/O: two kinds of concurrency, composed by
// half. The sockets are asynchronous, but the call to a worker process blocks the loop.
package halfcomposed

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/tinyloop"
	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A7",
	Name:  "halfcomposed",
	Title: "Two kinds, half composed",
	Level: "async",
	Story: "An event loop fetches 16 pages and has 8 worker processes read them, but it asks as if a process answered at once: one works, and seven wait.",

	Class:  pitfall.Wait,
	Unit:   "x one worker's share",
	Breaks: pitfall.AtLeast(3.5),
	Holds:  pitfall.AtMost(1.7),
	Work:   pages,
	Ask: pitfall.Predict{
		Question: "A loop fetches 16 pages at once and asks 8 processes, 8 ms for each page. It blocks while it asks. How much longer does it take than 2 pages with one process, which is each one's share?",
		Choices: [3]pitfall.Choice{
			{Says: "as long: there are 8 processes", If: pitfall.Between(0, 1.4)},
			{Says: "twice as long", If: pitfall.Between(1.4, 3)},
			{Says: "3 times or more", If: pitfall.AtLeast(3)},
		},
	},

	Hints: [3]string{
		"Eight processes can work at once. Who keeps the loop from asking the second?",
		"Look at ask: it returns when the process has answered, and it is called on the loop.",
		"Call ask in l.Execute's first function, keep what it returns in a variable, and answer in the second.",
	},
	Why:   "While the loop waits for one pipe it hears neither the others nor its sockets, so the processes work one after another.",
	Fix:   "One loop for all that is waited for: pipes like sockets, or an executor that does the asking, as with loop.Call.Execute.",
	Price: "As many questions under way as there are workers need as many goroutines, or a loop that knows pipes; and a limit on what waits for a worker.",
	Sources: []string{
		"the EuroPython 2019 talk: two kinds of concurrency at the same time, confusing but awesome",
		"docs/async.md: the same on the real loop with package process, 210 ms and 56 ms",
		"Python documentation, run_in_executor with a ProcessPoolExecutor",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: share,
	Helpers:   map[string]func([]string) error{"reader": read},
}

const (
	pages   = 16
	workers = 8
	fetched = 3 * time.Millisecond // after a page is asked for
	reading = 8 * time.Millisecond // a page, in a worker process
)

// share is what one worker has to do, by itself: a fetch, and then its pages.
func share(context.Context) (seen pitfall.Seen, err error) {
	err = within(1, func(s *site) {
		start := time.Now()
		page := s.get("page")
		for range pages / workers {
			s.ask(page)
		}
		seen.Took = time.Since(start)
	})
	return seen, err
}

// Fetch asks a site for a page, and returns at once. The loop calls then with the page.
type Fetch func(then func(page string))

// Ask has a worker process read a page, and returns when it has.
type Ask func(page string) (says string)

// Observe runs a way to answer what a page says.
func Observe(answer func(l *tinyloop.Loop, fetch Fetch, ask Ask, answer func(string))) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		right := 0
		err = within(workers, func(s *site) {
			start := time.Now()
			tinyloop.Run(func(l *tinyloop.Loop) {
				for i := range pages {
					name := fmt.Sprint("page", i)
					fetch := func(then func(string)) {
						var page string
						l.Execute(func() { page = s.get(name) }, func() { then(page) })
					}
					answer(l, fetch, s.ask, func(says string) {
						if says == name+" has 3 words" {
							right++
						}
					})
				}
			})
			seen.Took = time.Since(start)
		})
		seen.Outcomes = []pitfall.Outcome{
			{What: "page answered", Verdict: pitfall.Expected, Count: right},
			{What: "page missing or wrong", Verdict: pitfall.Forbidden, Count: max(0, pages-right)},
		}
		return seen, errors.Join(err, context.Cause(ctx))
	}
}
