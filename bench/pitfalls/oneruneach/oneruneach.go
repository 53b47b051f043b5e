// Package oneruneach is a pitfall of measuring: one run of each of two programs. What a busy
// neighbour does to one of the runs is told as a difference between the programs.
package oneruneach

import (
	"context"
	"embed"
	"math"
	"math/rand/v2"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "X3",
	Name:  "oneruneach",
	Title: "One run each",
	Level: "measuring",
	Story: "Two programs run once each on a busy machine, and the same code is called faster than itself. The noise is simulated, after what was measured.",

	Class:  pitfall.Count,
	Unit:   "comparisons wrong of 4000",
	Breaks: pitfall.Exactly(634),
	Work:   comparisons,
	Least:  comparisons - 20, // right; it may be fooled by neighbours who stay
	Ask: pitfall.Predict{
		Question: "On a machine with busy neighbours, two programs are compared by one run each: 2000 times the same code with itself, 2000 times with code that takes twice as long. How many of 4000 verdicts are off by more than a quarter?",
		Choices: [3]pitfall.Choice{
			{Says: "none: a computer does the same each time", If: pitfall.Exactly(0)},
			{Says: "a few, less than 1 of 20", If: pitfall.Between(1, 199)},
			{Says: "1 of 20 or more", If: pitfall.AtLeast(200)},
		},
	},

	Hints: [3]string{
		"A neighbour computes during one of the two runs. What does the quotient of the two times say then?",
		"Look at how often each program runs: once. Nothing tells a slow program from a disturbed run.",
		"Run both five times in turn, so that a neighbour disturbs both alike, and compare the least time of each.",
	},
	Why:   "Noise only ever makes a run longer, and by more than most changes to code do. A single run has no defence against it.",
	Fix:   "Interleave the runs, in the same process if it can be, and compare the least of five where neighbours disturb; keep all samples.",
	Price: "Five times the time. The least hides what happens only sometimes: look at percentiles for that. A neighbour who stays for all runs of one program still fools it, about 1 time of 1000.",
	Sources: []string{
		"Mytkowicz, Diwan, Hauswirth and Sweeney, Producing wrong data without doing anything obviously wrong, ASPLOS 2009",
		"namecheap/fast_mail_parser#128: 0.3 % spread within a run, 26 % between runners",
		"rjwalters/kicad-tools#3599: interleaved, least of n",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	machines    = 20  // each with chance of its own, so that no verdict hangs on one
	each        = 200 // comparisons: half of them of code with itself, half with code that is twice as slow
	comparisons = machines * each
	tolerance   = 0.25 // a verdict may be off by
	enough      = 5    // runs of each program; more are not asked for
)

// Observe judges a way to compare two programs, on machines with neighbours that are the
// same each time.
func Observe(compare func(a, b func() time.Duration) float64) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		right, fooled, same, twice := 0, 0, 0, 0
		var m *machine
		for i := range comparisons {
			if i%each == 0 {
				m = &machine{dice: rand.NewPCG(uint64(1+i/each), 2)}
			}
			times := 1 + i%2
			a, b := &program{on: m, takes: work}, &program{on: m, takes: time.Duration(times) * work}
			switch off := math.Abs(compare(a.run, b.run)/float64(times) - 1); {
			case off <= tolerance:
				right++
			case a.hidden() || b.hidden():
				fooled++
			case times == 1:
				same++
			default:
				twice++
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "told right within a quarter", Verdict: pitfall.Expected, Count: right},
			{What: "told wrong, for a neighbour stayed for five runs", Verdict: pitfall.Allowed, Count: fooled},
			{What: "the same code, called faster or slower", Verdict: pitfall.Forbidden, Count: same},
			{What: "half as fast, but told otherwise", Verdict: pitfall.Forbidden, Count: twice},
		}}, nil
	}
}
