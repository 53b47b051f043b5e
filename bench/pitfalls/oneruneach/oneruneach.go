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
	Unit:   "comparisons wrong of 200",
	Breaks: pitfall.Exactly(23),
	Work:   2 * half,
	Ask: pitfall.Predict{
		Question: "On a machine with busy neighbours, two programs are compared by one run each: 100 times the same code with itself, 100 times with code that takes twice as long. How many of 200 verdicts are off by more than a quarter?",
		Choices: [3]pitfall.Choice{
			{Says: "none: a computer does the same each time", If: pitfall.Exactly(0)},
			{Says: "a few, less than 1 of 20", If: pitfall.Between(1, 9)},
			{Says: "1 of 20 or more", If: pitfall.AtLeast(10)},
		},
	},

	Hints: [3]string{
		"A neighbour computes during one of the two runs. What does the quotient of the two times say then?",
		"Look at how often each program runs: once. Nothing tells a slow program from a disturbed run.",
		"Run both five times in turn, so that a neighbour disturbs both alike, and compare the least time of each.",
	},
	Why:   "Noise only ever makes a run longer, and by more than most changes to code do. A single run has no defence against it.",
	Fix:   "Interleave the runs, in the same process if it can be, and compare the least of five where neighbours disturb; keep all samples.",
	Price: "Five times the time. The least hides what happens only sometimes: look at percentiles for that. A neighbour who stays for all ten runs still fools it, 1 time of 900.",
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
	half      = 100  // comparisons of code with itself, and as many with code that is twice as slow
	tolerance = 0.25 // a verdict may be off by
)

// Observe judges a way to compare two programs, on a machine with neighbours that is the
// same each time.
func Observe(compare func(a, b func() time.Duration) float64) pitfall.Variant {
	return func(context.Context) (pitfall.Seen, error) {
		m := &machine{dice: rand.NewPCG(1, 2)}
		right, same, twice := 0, 0, 0
		for i := range 2 * half {
			truth := 1 + i%2
			said := compare(
				func() time.Duration { return m.run(work) },
				func() time.Duration { return m.run(time.Duration(truth) * work) },
			)
			switch off := math.Abs(said/float64(truth) - 1); {
			case off <= tolerance:
				right++
			case truth == 1:
				same++
			default:
				twice++
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "told right within a quarter", Verdict: pitfall.Expected, Count: right},
			{What: "the same code, called faster or slower", Verdict: pitfall.Forbidden, Count: same},
			{What: "half as fast, but told otherwise", Verdict: pitfall.Forbidden, Count: twice},
		}}, nil
	}
}
