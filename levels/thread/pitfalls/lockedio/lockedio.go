// Package lockedio is a pitfall of threads: one of them waits for I/O and holds a lock
// meanwhile, so that all the others wait for the same I/O.
package lockedio

import (
	"context"
	"embed"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/thread/internal/stuck"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T4",
	Name:  "lockedio",
	Title: "Lock held during I/O",
	Level: "thread",
	Story: "Sixteen threads ask one cache for sixteen different pages; each fetches its page with the cache locked, and the others wait at the lock.",

	Class:  pitfall.Wait,
	Unit:   "x one fetch",
	Breaks: pitfall.AtLeast(9),
	Holds:  pitfall.AtMost(4),
	Work:   2*callers + 1,
	Ask: pitfall.Predict{
		Question: "A fetch takes 4 ms. Sixteen callers fetch a page each, and lock the cache meanwhile. How much longer than one fetch does it take?",
		Choices: [3]pitfall.Choice{
			{Says: "no longer: waiting can be done together", If: pitfall.Between(0, 2)},
			{Says: "2 to 8 times", If: pitfall.Between(2, 8)},
			{Says: "as many times as there are callers", If: pitfall.AtLeast(8)},
		},
	},

	Hints: [3]string{
		"What does the lock guard: the cache, or the fetch?",
		"Look at the line that fetches: it stands between Lock and Unlock.",
		"Unlock after Get, fetch, and lock again for Put.",
	},
	Why:   "A lock lets one at a time in, and here that one waits. So waits that could be done together are done one after another: threads for nothing.",
	Fix:   "Hold the lock for the data only: look under the lock, fetch without it, put under the lock.",
	Price: "Two locks for a page; and what was true under the first may not be under the second: two callers may fetch the same page.",
	Sources: []string{
		"cockroachdb/cockroach#98051: a mutex held while a registry is written and synced, and all opening of files waits",
		"cockroachdb/pebble#4001: the database's mutex held during an HTTP call for the size of a file",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const callers = 16

func yardstick(ctx context.Context) (pitfall.Seen, error) {
	start := time.Now()
	fetch(ctx, "yardstick")
	return pitfall.Seen{Took: time.Since(start)}, context.Cause(ctx)
}

// Observe runs a way to get pages: a lone caller's first, who can use the cache under
// nobody else's lock, then those of all callers at once, which is what takes the time, and
// then the same again, which must need no fetch.
func Observe(get func(ctx context.Context, c *Cache, key string, fetch Fetch) string) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		var cache Cache
		var fetched, right atomic.Int64
		counted := func(ctx context.Context, key string) string {
			fetched.Add(1)
			return fetch(ctx, key)
		}
		ask := func(key string) {
			if get(ctx, &cache, key, counted) == "page of "+key {
				right.Add(1)
			}
		}
		everyone := func(i int) { ask(fmt.Sprint("caller ", i)) }
		left := stuck.New(1).Run(ctx, func(int) { ask("the lone caller") })
		start := time.Now()
		left += stuck.New(callers).Run(ctx, everyone)
		took := time.Since(start)
		left += stuck.New(callers).Run(ctx, everyone)
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "page got", Verdict: pitfall.Expected, Count: int(right.Load())},
			{What: "page missing or wrong", Verdict: pitfall.Forbidden, Count: 2*callers + 1 - left - int(right.Load())},
			{What: "caller stuck", Verdict: pitfall.Forbidden, Count: left},
			{What: "fetched though it was there", Verdict: pitfall.Forbidden, Count: max(0, int(fetched.Load())-callers-1)},
			{What: "cache used without its lock", Verdict: pitfall.Forbidden, Count: int(cache.open.Load())},
		}}, context.Cause(ctx)
	}
}
