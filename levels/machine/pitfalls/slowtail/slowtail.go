// Package slowtail is a pitfall of machines: a request that needs a hundred answers is as
// slow as the slowest. What is rare for one machine is the rule for all of them.
package slowtail

import (
	"context"
	"embed"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "M7",
	Name:  "slowtail",
	Title: "The tail at scale",
	Level: "machine",
	Story: "A page asks 100 shards; of 100 answers only 2 are slow, but the page waits for all, so nearly every page is slow.",

	Class:  pitfall.Wait,
	Unit:   "x one answer that is not slow",
	Breaks: pitfall.AtLeast(11),
	Holds:  pitfall.AtMost(5),
	Work:   shards,
	Ask: pitfall.Predict{
		Question: "98 of 100 answers take 5 ms, 2 take 100 ms. A page needs 100 answers, all asked for at once. How many times longer than one usual answer does it take?",
		Choices: [3]pitfall.Choice{
			{Says: "1.4 times: 2 % are slow", If: pitfall.Between(0, 3)},
			{Says: "3 to 10 times", If: pitfall.Between(3, 10)},
			{Says: "more than 10 times: as long as a slow one", If: pitfall.AtLeast(10)},
		},
	},

	Hints: [3]string{
		"When is the page ready: when most answers are here, or the last?",
		"Look at ask: a shard is asked once, and whoever asks has nothing to do but wait, however long.",
		"If no answer is here after 8 ms, ask a second time in a goroutine, and take whichever answer comes first; cancel the other.",
	},
	Why:   "The page takes as long as the slowest of its 100 answers. If 1 of 50 is slow, only 1 page of 8 has none that is.",
	Fix:   "Hedge: ask a second replica after the 95th percentile, take the first answer, cancel the other. Or do with 98 answers.",
	Price: "A few percent more requests; asking must be harmless when done twice; and if all are slow, it is more load at the worst time.",
	Sources: []string{
		"Jeffrey Dean and Luiz André Barroso, The tail at scale, Communications of the ACM 56 (2), 2013",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const (
	shards = 100
	usual  = 5 * time.Millisecond
	slow   = 100 * time.Millisecond
	each   = 50 // one of so many answers is slow
)

// Ask asks one of a shard's replicas. It returns "" if ctx ends before the answer is here.
type Ask func(ctx context.Context, shard int) string

// replicas stand for machines: they wait, and then have the answer. Which are slow is
// no chance, for then one page of eight would have none.
type replicas struct{ asked atomic.Int64 }

func (r *replicas) ask(ctx context.Context, shard int) string {
	wait := usual
	if r.asked.Add(1)%each == 0 {
		wait = slow
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return fmt.Sprint("part ", shard)
	case <-ctx.Done():
		return ""
	}
}

func yardstick(ctx context.Context) (pitfall.Seen, error) {
	start := time.Now()
	new(replicas).ask(ctx, 0)
	return pitfall.Seen{Took: time.Since(start)}, context.Cause(ctx)
}

// Observe makes a page: it has all shards asked at once, in that way.
func Observe(one func(ctx context.Context, shard int, ask Ask) string) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		var answers [shards]string
		all := new(replicas)
		start := time.Now()
		var wg sync.WaitGroup
		for i := range shards {
			wg.Go(func() { answers[i] = one(ctx, i, all.ask) })
		}
		wg.Wait()
		took := time.Since(start)
		right := 0
		for i, answer := range answers {
			if answer == fmt.Sprint("part ", i) {
				right++
			}
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "shard answered", Verdict: pitfall.Expected, Count: right},
			{What: "answer missing or wrong", Verdict: pitfall.Forbidden, Count: shards - right},
		}}, context.Cause(ctx)
	}
}
