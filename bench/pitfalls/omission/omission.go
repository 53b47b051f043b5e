// Package omission is a pitfall of measuring: coordinated omission. A load generator that waits
// for an answer before it asks again stops asking just when the server is slow.
package omission

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "X1",
	Name:  "omission",
	Title: "Coordinated omission",
	Level: "measuring",
	Story: "A server stands still for a tenth of a second; the load generator waits with it, and reports one slow request instead of 125.",

	Class:  pitfall.Count,
	Unit:   "requests of 1000 told shorter than users felt them",
	Breaks: pitfall.Exactly(124),
	Work:   requests,
	Ask: pitfall.Predict{
		Question: "1000 users come, one each millisecond. The server takes 0.2 ms for each, but stands still once for 100 ms. A generator asks, waits, notes the time, asks again. For how many users is the time it notes too short?",
		Choices: [3]pitfall.Choice{
			{Says: "none: it notes what it measures", If: pitfall.Exactly(0)},
			{Says: "one, or a few: the requests that met the stall", If: pitfall.Between(1, 99)},
			{Says: "over a hundred: all who came during the stall", If: pitfall.AtLeast(100)},
		},
	},

	Hints: [3]string{
		"A user came while the server stood still. When did their wait begin, and when does the generator begin to count?",
		"Look at start: it is taken after SleepUntil(due), which returns at once when due is long past.",
		"Count from due, not from when the request could be sent: took = append(took, clock.Now()-due).",
	},
	Why:   "While one request is slow, the others that were due are not sent. They are sent later, and counted from then.",
	Fix:   "Count from when the request was due; or send each when it is due, whether or not others are still out (an open loop).",
	Price: "The pace must be chosen beforehand; and a pace above what the server can do shows times that grow without end, as is true.",
	Sources: []string{
		"Gil Tene, How not to measure latency; and wrk2, which counts from the time a request was due: github.com/giltene/wrk2",
		"HdrHistogram, recordValueWithExpectedInterval: github.com/HdrHistogram/HdrHistogram",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

// Observe runs a way to measure, and compares each time it tells with what the user felt.
func Observe(measure func(clock *Clock, every time.Duration, requests int, ask func()) []time.Duration) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		clock, asked := &Clock{}, 0
		told := measure(clock, every, requests, func() {
			clock.SleepUntil(clock.Now() + served(asked))
			asked++
		})
		waits, right, short := felt(), 0, 0
		for n := range min(len(told), requests) {
			switch {
			case told[n] == waits[n]:
				right++
			case told[n] < waits[n]:
				short++
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: fmt.Sprintf("told as it was (p99 told %v, felt %v)", p99(told), p99(waits)), Verdict: pitfall.Expected, Count: right},
			{What: "told too short", Verdict: pitfall.Forbidden, Count: short},
			{What: "told too long, or not at all", Verdict: pitfall.Forbidden, Count: requests - right - short},
		}}, nil
	}
}

// p99 is the time that 99 of 100 do not exceed.
func p99(times []time.Duration) time.Duration {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[(len(sorted)*99+99)/100-1]
}
