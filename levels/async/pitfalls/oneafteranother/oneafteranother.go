// Package oneafteranother is a pitfall of async I/O: await in a loop. The waits of
// things that have nothing to do with each other add up.
package oneafteranother

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
	ID:    "A2",
	Name:  "oneafteranother",
	Title: "Await in a loop",
	Level: "async",
	Story: "A loop fetches 32 pages and waits for each before it asks for the next: async I/O that does one thing at a time.",

	Class:  pitfall.Wait,
	Unit:   "x one fetch",
	Breaks: pitfall.AtLeast(18),
	Holds:  pitfall.AtMost(5),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "A fetch takes 5 ms. How much longer do 32 of them take, awaited in a loop?",
		Choices: [3]pitfall.Choice{
			{Says: "1 to 2 times: they are asynchronous", If: pitfall.Between(0, 2)},
			{Says: "2 to 10 times", If: pitfall.Between(2.01, 10)},
			{Says: "more than 10 times", If: pitfall.AtLeast(10.01)},
		},
	},

	Hints: [3]string{
		"What does the second fetch wait for, and does it need it?",
		"Look at the loop: it begins a fetch and ends it, before it goes round.",
		"Begin each fetch in a goroutine of its own, write to bodies[i], and wait for all with a sync.WaitGroup.",
	},
	Why:   "Each turn of the loop ends only when its page is here, so the waits add up.",
	Fix:   "Begin all, then wait for all: gather in asyncio, a WaitGroup or errgroup in Go.",
	Price: "A goroutine for each wait, some KiB; and a limit, as soon as there are more pages than the server likes.",
	Sources: []string{
		"the EuroPython 2019 talk: asyncio pays only where waits overlap",
		"ESLint's rule no-await-in-loop, which exists because of it",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const (
	many = 32
	wait = 5 * time.Millisecond
)

// fetch stands for a fetch over a network: it waits, and then has the page.
func fetch(ctx context.Context, page string) string {
	select {
	case <-time.After(wait):
		return "body of " + page
	case <-ctx.Done():
		return ""
	}
}

func yardstick(ctx context.Context) (pitfall.Seen, error) {
	start := time.Now()
	fetch(ctx, "page 0")
	return pitfall.Seen{Took: time.Since(start)}, context.Cause(ctx)
}

// A Fetch returns the body of a page.
type Fetch = func(ctx context.Context, page string) string

// Observe runs a way to fetch all pages.
func Observe(all func(context.Context, []string, Fetch) []string) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		pages := make([]string, many)
		for i := range pages {
			pages[i] = fmt.Sprint("page ", i)
		}
		start := time.Now()
		bodies := all(ctx, pages, fetch)
		took := time.Since(start)
		right := 0
		for i := range min(many, len(bodies)) {
			if bodies[i] == "body of "+pages[i] {
				right++
			}
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "page fetched", Verdict: pitfall.Expected, Count: right},
			{What: "page missing or wrong", Verdict: pitfall.Forbidden, Count: many - right},
		}}, context.Cause(ctx)
	}
}
