// Package starvedexecutor is a pitfall of async I/O: work in an executor waits for other
// work in the same executor. When all places are held by those who wait, nothing runs.
package starvedexecutor

import (
	"context"
	"embed"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A4",
	Name:  "starvedexecutor",
	Title: "Starved executor",
	Level: "async",
	Story: "Four reports are made in an executor with four places, and each has its table made in the same executor: all four wait for a fifth place.",

	Class:  pitfall.Count,
	Unit:   "reports never made of 4",
	Breaks: pitfall.Exactly(places),
	Work:   places,
	Ask: pitfall.Predict{
		Question: "An executor has 4 places. 4 jobs each hand it another job and wait for that. How many of the 4 never end?",
		Choices: [3]pitfall.Choice{
			{Says: "none: it takes twice as long", If: pitfall.Exactly(0)},
			{Says: "1 to 3: one gets on when another is done", If: pitfall.Between(1, 3)},
			{Says: "all 4", If: pitfall.Exactly(places)},
		},
	},

	Hints: [3]string{
		"Who holds the four places, and what does each of them wait for?",
		"Look at the inner pool.Do: it is called by a function that has a place itself, and keeps it.",
		"Call pool.Do twice, one after the other: first for the table, then for the page.",
	},
	Why:   "A job that waits in the pool keeps its place. With four of them no place is left for what they wait for, and none of them will leave.",
	Fix:   "Do not wait in a pool for that pool: wait outside, and hand over the next step; or give inner jobs a pool of their own; or let whoever waits help.",
	Price: "The job is cut in two, and another may come between; a second pool costs its threads.",
	Sources: []string{
		"instituutnederlandsetaal/BlackLab#168: searches in a pool of 4 threads wait for their parts in that pool",
		"hatchet-dev/hatchet#4803: a worker blocks when tasks use up asyncio's default executor",
		"hortonworks/cloudbreak#12645: tasks wait for tasks of the same executor, until the next restart",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	places = 4
	watch  = 5 * time.Second // what runs takes no time: what has not ended by then never will
)

// Observe runs a way to make a report, four at once.
func Observe(report func(pool *Pool, table func() string, page func(table string) string) string) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		watched, cancel := context.WithTimeout(ctx, watch)
		defer cancel()
		pool := newPool(watched, places)
		var made, wrong atomic.Int32
		var wg, watching sync.WaitGroup
		watching.Go(func() { pool.watch(cancel) })
		for range places {
			wg.Go(func() {
				got := report(pool, func() string { return "table" }, func(table string) string { return "report with " + table })
				switch {
				case got == "report with table" && watched.Err() == nil:
					made.Add(1)
				case watched.Err() == nil:
					wrong.Add(1)
				}
			})
		}
		wg.Wait()
		cancel()
		watching.Wait()
		never := places - made.Load() - wrong.Load()
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "made", Verdict: pitfall.Expected, Count: int(made.Load())},
			{What: "never made", Verdict: pitfall.Forbidden, Count: int(never)},
			{What: "wrong", Verdict: pitfall.Forbidden, Count: int(wrong.Load())},
		}}, context.Cause(ctx)
	}
}
