// Package serialization is a pitfall of processes: what one sends to another is made
// into bytes and back. That may take hundreds of times longer than what it is sent for.
package serialization

import (
	"context"
	"embed"
	"errors"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "P1"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "serialization",
	Title: "IPC serialization",
	Level: "process",
	Story: "A worker process adds up a mebibyte of numbers; each call sends them as JSON, and that takes far longer than adding them up.",

	Class:  pitfall.CPU,
	Unit:   "x adding them up here",
	Breaks: pitfall.AtLeast(150),
	Holds:  pitfall.AtMost(50),
	Work:   1,
	Ask: pitfall.Predict{
		Question: "131072 numbers go to a worker process as JSON, and their sum comes back. How much longer is that than adding them up here?",
		Choices: [3]pitfall.Choice{
			{Says: "less than 5 times: a pipe moves gigabytes a second", If: pitfall.Between(0, 5)},
			{Says: "5 to 50 times", If: pitfall.Between(5, 50)},
			{Says: "more than 50 times", If: pitfall.AtLeast(50)},
		},
	},

	Hints: [3]string{
		"Which takes longer: adding two numbers, or writing one of them out in decimal and reading it again?",
		"Look at what is in the Question. Does the worker not have these numbers?",
		"Ask with Question{From: from, To: to}: a few bytes, and the worker adds up its own numbers.",
	},
	Why:   "Each number is written out as 19 characters and read again: 2.5 MB of text, and some 400 ns a number, for an addition that takes 1 ns.",
	Fix:   "Move the question, not the data: the worker reads the data itself, once, and each call only says which part is meant.",
	Price: "The worker must have the data, and have it up to date. Where data must cross, a binary format helps: of the time that JSON takes, gob takes about a tenth, and raw bytes a thirtieth or less.",
	Sources: []string{
		"the EuroPython 2019 talk: what goes to another process is pickled, and pickling can eat the gain",
		"joblib/joblib#1309: 30 s in parallel; to pickle the same data in one process, one after another: 20 s",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Helpers:   map[string]func([]string) error{"worker": work},
}

func yardstick(context.Context) (pitfall.Seen, error) {
	numbers := load()
	took, err := pitfall.Time(func() error {
		if sum(numbers[first:first+window]) == 0 {
			return errors.New("numbers between 0 and 1 add up to 0")
		}
		return nil
	})
	return pitfall.Seen{Took: took}, err
}

// first is where the window begins that is asked for.
const first = 1000

// Observe runs a way to ask a worker process for the sum of numbers[from:to].
func Observe(way func(ask func(Question) (float64, error), numbers []float64, from, to int) (float64, error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		ask, dismiss, err := hire()
		if err != nil {
			return pitfall.Seen{}, err
		}
		var answer float64
		numbers := load()
		took, err := pitfall.Time(func() (err error) {
			answer, err = way(ask, numbers, first, first+window)
			return errors.Join(err, context.Cause(ctx))
		})
		right := 0
		if answer == sum(numbers[first:first+window]) {
			right = 1
		}
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "right sum", Verdict: pitfall.Expected, Count: right},
			{What: "wrong sum", Verdict: pitfall.Forbidden, Count: 1 - right},
		}}, errors.Join(err, dismiss())
	}
}
