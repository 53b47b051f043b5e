// Package chunkofone is a pitfall of processes: items go to a worker one by one. Each
// makes a round trip through the kernel, which takes far longer than the work on it.
package chunkofone

import (
	"context"
	"embed"
	"errors"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "P3"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "chunkofone",
	Title: "A chunk of one",
	Level: "process",
	Story: "Two thousand small items go to a worker process, one by one: each waits for a round trip that takes some sixty times as long as its work.",

	Class:  pitfall.CPU,
	Unit:   "x hashing them here",
	Breaks: pitfall.AtLeast(16),
	Holds:  pitfall.AtMost(7),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "To hash an item takes 0.15 microseconds. How much longer does it take if each goes through a pipe to a process, and its hash comes back through another?",
		Choices: [3]pitfall.Choice{
			{Says: "less than 3 times: pipes are memory", If: pitfall.Between(0, 3)},
			{Says: "3 to 15 times", If: pitfall.Between(3, 15)},
			{Says: "more than 15 times", If: pitfall.AtLeast(15)},
		},
	},

	Hints: [3]string{
		"What must happen between sending an item and having its hash, that is not hashing? Does it take longer for more items?",
		"Look at the length of what hash is called with.",
		"Range over slices.Chunk(items, 512), and append all the answers of a chunk.",
	},
	Why:   "A round trip is two writes, two reads and two switches between processes, some 10 microseconds and more on a busy machine. It costs as much for one item as for 512.",
	Fix:   "Send chunks: as many items as make the round trip small beside the work in it.",
	Price: "The first answer comes only with its whole chunk, a chunk is lost as a whole, and big ones leave workers idle at the end.",
	Sources: []string{
		"hackingmaterials/matminer#329: 100 times slower since the default chunk of its pool was 1",
		"the documentation of Python's multiprocessing.pool.Pool.imap: a large chunksize can make the job much faster than 1, the default",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Helpers:   map[string]func([]string) error{"worker": work},
}

// many is how many items each run has hashed.
const many = 2048

// things are the items.
func things() []uint64 {
	items := make([]uint64, many)
	for i := range items {
		items[i] = uint64(i)
	}
	return items
}

// here hashes the items in this process.
func here(items []uint64) []uint64 {
	hashes := make([]uint64, len(items))
	for i, item := range items {
		hashes[i] = mix(item)
	}
	return hashes
}

func yardstick(context.Context) (pitfall.Seen, error) {
	items := things()
	took, err := pitfall.Time(func() error {
		here(items)
		return nil
	})
	return pitfall.Seen{Took: took}, err
}

// Observe runs a way to have a worker process hash all items, chunk by chunk.
func Observe(way func(items []uint64, hash func([]uint64) ([]uint64, error)) ([]uint64, error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		hash, dismiss, err := hire()
		if err != nil {
			return pitfall.Seen{}, err
		}
		items := things()
		var hashes []uint64
		took, err := pitfall.Time(func() (err error) {
			hashes, err = way(items, hash)
			return errors.Join(err, context.Cause(ctx))
		})
		right := 0
		for i, h := range here(items) {
			if i < len(hashes) && hashes[i] == h {
				right++
			}
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "item hashed", Verdict: pitfall.Expected, Count: right},
			{What: "hash missing or wrong", Verdict: pitfall.Forbidden, Count: many - right},
		}}, errors.Join(err, dismiss())
	}
}
