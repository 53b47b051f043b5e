// Package spawnpertask is a pitfall of processes: a new one for each task. To start a
// process takes milliseconds, whatever it does then.
package spawnpertask

import (
	"context"
	"embed"
	"errors"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "P2"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "spawnpertask",
	Title: "A process per task",
	Level: "process",
	Story: "A service starts a process for each task of 35 microseconds, and spends nearly all of its time starting processes.",

	Class:  pitfall.CPU,
	Unit:   "x doing them here",
	Breaks: pitfall.AtLeast(12),
	Holds:  pitfall.AtMost(6),
	Work:   tasks,
	Ask: pitfall.Predict{
		Question: "A task computes for 35 microseconds. How much longer does it take with a process of its own, from start to exit?",
		Choices: [3]pitfall.Choice{
			{Says: "less than twice: fork is cheap", If: pitfall.Between(0, 2)},
			{Says: "2 to 10 times", If: pitfall.Between(2, 10)},
			{Says: "more than 10 times", If: pitfall.AtLeast(10)},
		},
	},

	Hints: [3]string{
		"What happens between asking for a process and the first line of its main? And what of that is about the task?",
		"Look at where start is called: once for each task.",
		"Call start once, outside of do, and return the worker's own Do and Stop.",
	},
	Why:   "Each task pays for a new address space, a program to load, a runtime to set up, and for clearing all that away: some milliseconds, for 35 microseconds of work.",
	Fix:   "Start the workers before the first task and keep them: then a task pays for a round trip over a pipe.",
	Price: "Somebody must keep the workers: stop them in the end, start anew what dies, and what a task leaves behind in memory the next one finds.",
	Sources: []string{
		"CGI, which starts a process for each request, and FastCGI, which was made so that it need not",
		"joblib/loky, whose get_reusable_executor keeps its processes from one call to the next",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Helpers:   map[string]func([]string) error{"worker": work},
}

// tasks is how many each run does.
const tasks = 10

func yardstick(context.Context) (pitfall.Seen, error) {
	constant := compute(0)
	took, err := pitfall.Time(func() error {
		for task := range uint64(tasks) {
			if compute(task) != constant+task { // uses the answer: else no compiler would compute it
				return errors.New("the same task has another answer")
			}
		}
		return nil
	})
	return pitfall.Seen{Took: took}, err
}

// Observe runs a way to make a service of workers. What it does before the first task
// does not count: a service has time for that.
func Observe(way func(start func() (*Worker, error)) (do Do, stop func() error, err error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		do, stop, err := way(start)
		if err != nil {
			return pitfall.Seen{}, err
		}
		constant, right := compute(0), 0
		took, err := pitfall.Time(func() error {
			right = 0
			for task := range uint64(tasks) {
				answer, err := do(task)
				if err != nil {
					return err
				}
				if answer == constant+task {
					right++
				}
			}
			return context.Cause(ctx)
		})
		return pitfall.Seen{Took: took, Outcomes: []pitfall.Outcome{
			{What: "task done", Verdict: pitfall.Expected, Count: right},
			{What: "wrong answer", Verdict: pitfall.Forbidden, Count: tasks - right},
		}}, errors.Join(err, stop())
	}
}
