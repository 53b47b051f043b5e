// Package threadpercall is a pitfall of async I/O: a thread is made by hand for each call
// that would block. Making and ending it costs many times what the call does.
package threadpercall

import (
	"context"
	"embed"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "A6",
	Name:  "threadpercall",
	Title: "A hand-made thread for each call",
	Level: "async",
	Story: "A service makes an operating-system thread for each of 250 short calls, instead of handing them to an executor that has a few.",

	Class:  pitfall.CPU,
	Unit:   "x the calls in a loop",
	Breaks: pitfall.AtLeast(4), // a third of what a quiet machine shows
	Holds:  pitfall.AtMost(2),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "250 calls take 2 µs of computing each. How much longer than a plain loop does it take to make a thread for each?",
		Choices: [3]pitfall.Choice{
			{Says: "not longer: threads run on all processors", If: pitfall.Between(0, 1)},
			{Says: "1 to 4 times", If: pitfall.Between(1, 4)},
			{Says: "more than 4 times", If: pitfall.AtLeast(4)},
		},
	},

	Hints: [3]string{
		"What does a thread cost that lives for one call, and how many are made?",
		"Look at runtime.LockOSThread: a goroutine that ends while it is locked takes its thread along.",
		"Put the calls into a channel, close it, and start GOMAXPROCS goroutines that range over the channel.",
	},
	Why:   "The kernel makes a thread, schedules it and takes it apart again: tens of microseconds, for a call of 2.",
	Fix:   "An executor: a few workers that live on, and a queue before them. loop.run_in_executor has one; here it is any Level behind levels.On.",
	Price: "A queue to hand over, and a number to choose: with too few threads, calls that block hold up the others.",
	Sources: []string{
		"Opentrons/opentrons#6645: taken for a thread per call; on Python 3.7 the executor starts one for each, idle or not, until it has 20",
		"the Go documentation of runtime.LockOSThread: a goroutine that exits while locked terminates its thread",
		"the EuroPython 2019 talk: do we ever need threads directly, or is run_in_executor enough?",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: inLine,
}

const (
	many   = 250
	rounds = 1000 // of computing, for a call: about 2 µs
	some   = 16   // threads that Go may use besides one for each processor
)

// inLine makes the calls one after another, and hands nothing over.
func inLine(context.Context) (pitfall.Seen, error) {
	sums := make([]uint64, many)
	took, _ := sample(func(calls []func()) {
		for _, call := range calls {
			call()
		}
	}, func(i int) { sums[i] = pitfall.Spin(rounds) })
	return pitfall.Seen{Took: took}, nil
}

// sample is how long all calls take, and how often they were made to find out.
func sample(run func(calls []func()), call func(i int)) (took time.Duration, runs int) {
	calls := make([]func(), many)
	for i := range calls {
		calls[i] = func() { call(i) }
	}
	took, _ = pitfall.Time(func() error {
		run(calls)
		runs++
		return nil
	})
	return took, runs
}

// A trace is what a call leaves behind.
type trace struct {
	sum  uint64
	made int // so often
	on   int // the thread
}

// Observe runs a way to make calls.
func Observe(run func(calls []func())) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		seen := make([]trace, many)
		took, runs := sample(run, func(i int) {
			seen[i] = trace{pitfall.Spin(rounds), seen[i].made + 1, thread()}
		})
		right, threads := 0, map[int]bool{}
		for _, s := range seen {
			if s.made == runs {
				right++
			}
			threads[s.on] = true
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "call made", Verdict: pitfall.Expected, Count: right},
			{What: "call forgotten or repeated", Verdict: pitfall.Forbidden, Count: many - right},
			{What: "thread made for a call", Verdict: pitfall.Forbidden, Count: max(0, len(threads)-runtime.GOMAXPROCS(0)-some)},
		}}, nil
	}
}
