// Package blockedloop is a pitfall of async I/O: one callback computes on the event
// loop. Until it is done, no other callback of the program is called.
package blockedloop

import (
	"context"
	"embed"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A1",
	Name:  "blockedloop",
	Title: "Blocked loop",
	Level: "async",
	Story: "A server on an event loop renders a page on the loop, which takes 80 ms of computing; meanwhile its heart does not beat, and nobody else is answered.",

	Class:  pitfall.Wait,
	Unit:   "x the longest silence of an idle loop",
	Breaks: pitfall.AtLeast(5),
	Holds:  pitfall.AtMost(3.5),
	Work:   1,
	Ask: pitfall.Predict{
		Question: "A loop's heart beats every 10 ms. Now it renders a page, which takes 80 ms. How much longer does its heart stand still than on an idle loop?",
		Choices: [3]pitfall.Choice{
			{Says: "no longer: a loop does many things at once", If: pitfall.Between(0, 1.5)},
			{Says: "1.5 to 4 times: it gets every other turn", If: pitfall.Between(1.5, 4)},
			{Says: "more than 4 times: as long as a page takes", If: pitfall.AtLeast(4)},
		},
	},

	Hints: [3]string{
		"A loop calls one callback at a time. What does it do while one of them computes?",
		"Look at who calls render: the loop itself, so nothing else is called before render returns.",
		"Have l.Execute call render and keep what it returns in a variable; answer in Execute's second function, which the loop calls.",
	},
	Why:   "A loop is one thread that calls callbacks one after another. One that computes for 80 ms makes all others 80 ms late.",
	Fix:   "Have what computes or blocks done elsewhere, and be told when it is done: run_in_executor in asyncio, loop.Config.Executor here, a goroutine in Go.",
	Price: "Two changes of goroutine for each call, some microseconds; and from then on two things really run at once, so what they share needs care.",
	Sources: []string{
		"livekit/agents#7128: a warning that names the synchronous code that blocks the event loop",
		"Node.js guide, Don't Block the Event Loop (or the Worker Pool)",
		"Python documentation, Developing with asyncio: blocking (CPU-bound) code should not be called directly",
		"the EuroPython 2019 talk: run_in_executor is how asyncio computes",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: idle,
}

func idle(context.Context) (pitfall.Seen, error) {
	return pitfall.Seen{Took: silence(wait)}, nil
}
