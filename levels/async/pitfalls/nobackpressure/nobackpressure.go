// Package nobackpressure is a pitfall of async I/O: a queue takes whatever comes, sooner
// than it is worked off. It only grows, and so does the time that each request spends in it.
package nobackpressure

import (
	"context"
	"embed"
	"fmt"
	"iter"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A3b",
	Name:  "nobackpressure",
	Title: "No backpressure",
	Level: "async",
	Story: "A client sends its next request as soon as the service has taken one in; the service takes them all in at once, and answers one each millisecond.",

	Class:  pitfall.Wait,
	Unit:   "x one answer",
	Breaks: pitfall.AtLeast(30),
	Holds:  pitfall.AtMost(14),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "A service answers a request in 1 ms, and has a queue without a limit before it. A client sends 60, each as soon as the last is taken in. How long does the slowest take, from taken in to answered, against 1 ms?",
		Choices: [3]pitfall.Choice{
			{Says: "as long: to take one in costs nothing", If: pitfall.Between(0, 3)},
			{Says: "3 to 15 times: a few are before it", If: pitfall.Between(3, 15)},
			{Says: "more than 15 times: nearly all are before it", If: pitfall.AtLeast(15)},
		},
	},

	Hints: [3]string{
		"A request has been taken in, and is not answered yet. Where is it, and how many are before it?",
		"Look at the queue's capacity: when does sending to it ever wait?",
		"Give the channel room for 4. Then the loop waits when it is full, and so does whoever sends.",
	},
	Why:   "The queue takes in faster than the worker answers, so it grows as long as requests come. It makes nothing faster: each request waits for all that are before it, and they take memory meanwhile.",
	Fix:   "A queue with a limit, whose sender waits when it is full: make(chan T, 4), asyncio.Queue(maxsize=4). That is backpressure: the wait goes back, step by step, to whoever makes the work.",
	Price: "The sender must be able to wait, and does so now instead. Who cannot wait must be told no, early: 503, or a request dropped. And a number that somebody must choose.",
	Sources: []string{
		"agentgateway/agentgateway#2463: a log's unbounded queue without backpressure, memory grows until the system kills the process",
		"reddit/baseplate.py#302: a consumer takes messages in until the memory is used up; fixed by a maxsize",
		"Python documentation, asyncio.Queue: if maxsize is 0 or less, the queue size is infinite",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

// yardstick is a lone request, which waits for no other.
func yardstick(ctx context.Context) (pitfall.Seen, error) {
	var s service
	r := s.take()
	s.answer(r)
	return pitfall.Seen{Took: r.took}, context.Cause(ctx)
}

// Observe runs a way to take requests in and have them answered.
func Observe(serve func(requests iter.Seq[*Request], answer func(*Request))) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		var s service
		serve(s.client(ctx), s.answer)
		took, wrong := s.look()
		seen := pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: fmt.Sprintf("answered (%d were taken in at once, at most)", s.most), Verdict: pitfall.Expected, Count: len(took)},
			{What: "never answered, or twice", Verdict: pitfall.Forbidden, Count: wrong},
		}}
		if len(took) == many {
			seen.Took = took[many-1]
		}
		return seen, context.Cause(ctx)
	}
}
