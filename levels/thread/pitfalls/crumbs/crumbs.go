// Package crumbs is a pitfall of threads: tasks so small that handing one over takes far
// longer than to do it. Several workers are then slower than one.
package crumbs

import (
	"context"
	"embed"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T7",
	Name:  "crumbs",
	Title: "Tasks too small",
	Level: "thread",
	Story: "A million numbers are added up by two workers, who get them through a channel, one by one.",

	Class:  pitfall.CPU,
	Unit:   "x one thread and a loop",
	Breaks: pitfall.AtLeast(25),
	Holds:  pitfall.AtMost(8),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "A loop adds up a million numbers. Now two workers do it, and get each number through a channel. How long does it take, against the loop?",
		Choices: [3]pitfall.Choice{
			{Says: "less: two do the work of one", If: pitfall.Between(0, 1)},
			{Says: "up to 8 times as long", If: pitfall.Between(1, 8)},
			{Says: "more than 8 times as long", If: pitfall.AtLeast(8)},
		},
	},

	Hints: [3]string{
		"How long does an addition take, and how long a send and a receive?",
		"Look at what goes through the channel: how much work is in one piece of it?",
		"Make it a chan []int32, and send slices.Chunk(numbers, 4096): then a send pays for thousands of additions.",
	},
	Why:   "An addition takes half a nanosecond, a send and a receive thirty to some hundreds: a lock, a copy, and often a thread that is woken. The workers wait for crumbs.",
	Fix:   "Hand over loaves: chunks so large that handing one over is little against the work in it. Where it pays is to be measured: here from some hundred additions on it costs less than it brings.",
	Price: "The last chunks may leave a worker without work while others still have some: as large as needed, not larger.",
	Sources: []string{
		"exercism/go#1941: in parallel-letter-frequency the sequential solution is often faster than the concurrent one",
		"Slaughter et al., Task Bench, SC 2020: the smallest task that pays, as a number (METG)",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const (
	many    = 1 << 20
	workers = 2
)

// sheet is the numbers, and their sum.
var sheet = sync.OnceValues(func() (numbers []int32, total int64) {
	for range many {
		n := int32(rand.Uint32())
		numbers = append(numbers, n)
		total += int64(n)
	}
	return numbers, total
})

// yardstick is a loop.
func yardstick(ctx context.Context) (seen pitfall.Seen, err error) {
	numbers, want := sheet()
	seen.Took, err = pitfall.Time(func() error {
		var total int64
		for _, n := range numbers {
			total += int64(n)
		}
		if total != want {
			return fmt.Errorf("the loop's total is %d, not %d", total, want)
		}
		return context.Cause(ctx)
	})
	return seen, err
}

// Observe runs a way to add up numbers with several workers.
func Observe(sum func(numbers []int32, workers int) (total int64)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		numbers, want := sheet()
		right := many
		took, err := pitfall.Time(func() error {
			if sum(numbers, workers) != want {
				right = 0
			}
			return context.Cause(ctx)
		})
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "number added", Verdict: pitfall.Expected, Count: right},
			{What: "number in a wrong total", Verdict: pitfall.Forbidden, Count: many - right},
		}}, err
	}
}
