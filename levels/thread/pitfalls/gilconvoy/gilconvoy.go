// Package gilconvoy is a pitfall of threads in Python, under a simulated lock, for Go has
// none: whoever waits for I/O queues behind whoever computes.
package gilconvoy

import (
	"context"
	"embed"
	"fmt"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T1",
	Name:  "gilconvoy",
	Title: "The GIL's convoy",
	Level: "thread",
	Story: "A thread answers requests that wait 1 ms each, another one computes, and there is one lock for both: Python's, simulated, for Go has none.",

	Class:  pitfall.Wait,
	Unit:   "x one request alone",
	Breaks: pitfall.AtLeast(6),
	Holds:  pitfall.AtMost(2.5),
	Work:   requests + waiting + computing,
	Ask: pitfall.Predict{
		Question: "A request waits for 1 ms of I/O, without the lock. Beside one thread that computes and hands the lock over every 5 ms, how much longer does it take?",
		Choices: [3]pitfall.Choice{
			{Says: "not longer: I/O gives the lock up", If: pitfall.Between(0, 1.5)},
			{Says: "up to 4 times: half of the time is the other's", If: pitfall.Between(1.5, 4)},
			{Says: "more than 4 times", If: pitfall.AtLeast(4)},
		},
	},

	Hints: [3]string{
		"The I/O needs no lock. What does the thread need to go on when its I/O is done?",
		"Look at the loop that computes: who has the lock meanwhile, and does a checksum need it?",
		"Put the loop into gil.Release(ctx, func() { ... }): then the lock is free while it computes.",
	},
	Why:   "A request needs the lock to begin, and again when its answer is there. The thread that computes keeps it for 5 ms each time, and never waits itself. The lock is a simulation of CPython's: Go has none. Threads that only wait do each other no harm under it; those that only compute do the work of one.",
	Fix:   "Compute without the lock, in C as zlib, hashlib and numpy do, or in another process: it has a lock of its own.",
	Price: "Code outside of the interpreter, that must not touch its objects; or a process, with its start and the copies to and from it.",
	Sources: []string{
		"python/cpython#90204: threads with I/O got no chance to run beside small ones that compute; closed after three days",
		"David Beazley, Understanding the Python GIL, PyCon 2010",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Needs:     twoProcessors,
}

// twoProcessors is what the fixed program needs: on one, Go itself has the request wait for
// the checksum, up to 10 ms each time.
func twoProcessors() string {
	if runtime.GOMAXPROCS(0) < 2 {
		return "it takes two processors, and there is one"
	}
	return ""
}

// yardstick answers the same requests with nothing beside them.
func yardstick(ctx context.Context) (pitfall.Seen, error) {
	in, err := start(fixed)
	if err != nil {
		return pitfall.Seen{}, err
	}
	defer in.level.Close()
	took, _ := in.answer(ctx)
	return pitfall.Seen{Took: took}, context.Cause(ctx)
}

// Observe runs a way to compute beside requests, of which it takes the time. Then it shows
// what the lock does to threads that only wait, and to threads that only compute.
func Observe(sum Checksum) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		in, err := start(sum)
		if err != nil {
			return pitfall.Seen{}, err
		}
		defer in.level.Close()
		var took time.Duration
		var answered int
		in.beside(ctx, func() { took, answered = in.answer(ctx) })
		waits, waited := in.together(ctx, waiting, "request")
		sums, summed := in.together(ctx, computing, "computing")
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "request answered", Verdict: pitfall.Expected, Count: answered},
			{What: fmt.Sprintf("wait ended (%d threads that only wait do the work of %.0f)", waiting, waits), Verdict: pitfall.Expected, Count: waited},
			{What: fmt.Sprintf("sum computed (%d threads with the lock do the work of %.1f)", computing, sums), Verdict: pitfall.Expected, Count: summed},
			{What: "request not answered", Verdict: pitfall.Forbidden, Count: requests - answered},
			{What: "checksum wrong", Verdict: pitfall.Forbidden, Count: int(in.wrong.Load())},
		}}, context.Cause(ctx)
	}
}
