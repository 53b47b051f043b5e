// Package hotcounter is a pitfall of threads: all of them meet at one lock, for each
// single addition. They then do little else than meet.
package hotcounter

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
	ID:    "T6",
	Name:  "hotcounter",
	Title: "Hot counter",
	Level: "thread",
	Story: "Four threads add up the bytes of two million requests, and lock the total for each single one.",

	Class:  pitfall.CPU,
	Unit:   "x one thread without a lock",
	Breaks: pitfall.AtLeast(5),
	Holds:  pitfall.AtMost(2.5),
	Work:   requests,
	Ask: pitfall.Predict{
		Question: "One thread adds up two million numbers. Now four do a quarter of it each, and lock the total for each number. How long does it take, against the one?",
		Choices: [3]pitfall.Choice{
			{Says: "half as long, or a quarter: there are four", If: pitfall.Between(0, 0.9)},
			{Says: "up to 4 times as long", If: pitfall.Between(0.9, 4)},
			{Says: "more than 4 times as long", If: pitfall.AtLeast(4)},
		},
	},

	Hints: [3]string{
		"What takes longer: an addition, or getting a lock that somebody else has just had?",
		"Look at the innermost loop: what in it is for all goroutines, and must it be there?",
		"A variable mine in each goroutine, total += mine under the lock when its loop has ended.",
	},
	Why:   "An addition takes half a nanosecond. A lock and unlock take ten by themselves, and far more where two cores pass the lock's memory to and fro, or a thread is put to sleep and woken. An atomic addition passes the memory to and fro as well.",
	Fix:   "Count by yourself, and bring the sums together at the end, or every thousand times.",
	Price: "The total is right only at the end; whoever wants to look meanwhile has to ask each thread.",
	Sources: []string{
		"golang/go#17973: RWMutex slows down with the number of cores that read, for all write the same counter",
		"golang/go#18802: a proposal for sharded values, which is this fix",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
}

const (
	requests = 1 << 21
	threads  = 4
)

// sheet is the log in parts, with what is the right sum.
var sheet = sync.OnceValues(func() (parts [][]uint16, total int) {
	for range threads {
		part := make([]uint16, requests/threads)
		for i := range part {
			part[i] = uint16(rand.Int())
			total += int(part[i])
		}
		parts = append(parts, part)
	}
	return parts, total
})

// yardstick adds up all parts with one thread, which needs no lock.
func yardstick(ctx context.Context) (seen pitfall.Seen, err error) {
	parts, want := sheet()
	seen.Took, err = pitfall.Time(func() error {
		total := 0
		for _, part := range parts {
			total += add(part)
		}
		if total != want {
			return fmt.Errorf("the yardstick's total is %d, not %d", total, want)
		}
		return context.Cause(ctx)
	})
	return seen, err
}

func add(part []uint16) (total int) {
	for _, bytes := range part {
		total += int(bytes)
	}
	return total
}

// Observe runs a way to add up all parts.
func Observe(sum func(parts [][]uint16) (total int)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		parts, want := sheet()
		wrong := false
		took, err := pitfall.Time(func() error {
			wrong = sum(parts) != want || wrong
			return context.Cause(ctx)
		})
		seen := pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "request counted", Verdict: pitfall.Expected, Count: requests},
			{What: "wrong total", Verdict: pitfall.Forbidden, Count: 0},
		}}
		if wrong {
			seen.Outcomes[0].Count, seen.Outcomes[1].Count = 0, 1
		}
		return seen, err
	}
}
