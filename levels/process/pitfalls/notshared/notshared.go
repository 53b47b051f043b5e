// Package notshared is a pitfall of processes: a number in a file is no shared counter.
// Each process reads it, adds and writes it back, and overwrites what the others added.
package notshared

import (
	"context"
	"embed"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "P6"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "notshared",
	Title: "Shared state that is not",
	Level: "process",
	Story: "Four processes count in one file; each reads the number, adds 1 and writes it back, and most additions are lost.",

	Class:  pitfall.Count,
	Unit:   "additions lost of 200",
	Breaks: pitfall.Between(20, processes*each-1),
	Work:   processes * each,
	Ask: pitfall.Predict{
		Question: "Four processes add 1 to the number in a file 50 times each: read, wait 1 ms, write. How many of the 200 additions are lost?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the kernel lets only one process at a time at a file", If: pitfall.Exactly(0)},
			{Says: "a handful", If: pitfall.Between(1, 19)},
			{Says: "most of them", If: pitfall.Between(20, 200)},
		},
	},

	Hints: [3]string{
		"It is the lost update of two threads, with processes: what may another one do between the read and the write?",
		"Look at what is between Load and Store. A sync.Mutex there would help nobody: each process would have one of its own.",
		"Call number.Lock before Load, and number.Unlock in a defer: also when Load or Store fails.",
	},
	Why:   "The file is shared, but reading it and writing it back are two steps. A variable would not even be shared: each process has a copy, and so it has of a mutex.",
	Fix:   "A lock that all processes see: a file that only one can make, or flock. Better still is one owner, whom the others send what to add.",
	Price: "One process at a time, two more system calls for each addition, waiting by asking again and again, and a lock that stays if its holder dies.",
	Sources: []string{
		"python/cpython, bugs.python.org/issue16998: lost updates with multiprocessing.Value, whose += is a read and a write",
		"SQLite's documentation, File locking and concurrency: what it takes to let processes write to one file",
	},

	Code:    code,
	Broken:  Observe("broken"),
	Fixed:   Observe("fixed"),
	Helpers: map[string]func([]string) error{"broken": Adder(broken), "fixed": Adder(fixed)},
}

const (
	processes = 4
	each      = 50
)

// Observe runs a way to add, in processes that are helpers of that name: see [Adder].
func Observe(helper string) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		sum, err := run(ctx, helper)
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "added", Verdict: pitfall.Expected, Count: min(sum, processes*each)},
			{What: "lost", Verdict: pitfall.Forbidden, Count: max(0, processes*each-sum)},
			{What: "added twice", Verdict: pitfall.Forbidden, Count: max(0, sum-processes*each)},
		}}, err
	}
}
