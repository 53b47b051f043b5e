// Package stubborngrandchild is a pitfall of processes: a time-out that does not time
// out. The child is killed, but its own child still holds the output that is waited for.
package stubborngrandchild

import (
	"context"
	"embed"
	"os/exec"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "P5"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "stubborngrandchild",
	Title: "The time-out that does not time out",
	Level: "process",
	Story: "A command is killed when its time is up, but a process that it has started holds its output open, and the caller waits for that one.",

	Class:  pitfall.Wait,
	Unit:   "x the time-out",
	Breaks: pitfall.Between(7.5, 100),
	Holds:  pitfall.AtMost(3.5),
	Work:   1,
	Ask: pitfall.Predict{
		Question: "A command hangs and is killed after 15 ms. A process that it has started goes on for 200 ms, and has the same standard output. When does Cmd.Output return?",
		Choices: [3]pitfall.Choice{
			{Says: "at once: the context has ended, and the command is dead", If: pitfall.Between(0, 3.5)},
			{Says: "when the process that it has started ends, too", If: pitfall.Between(3.5, 100)},
			{Says: "never", If: pitfall.AtLeast(100)},
		},
	},

	Hints: [3]string{
		"A pipe ends when the last process that can write to it has closed it. How many are there?",
		"Look at what Output waits for: the process, and the end of its output. The context ends only the first.",
		"Set cmd.WaitDelay before Output: so long after the context has ended, the pipes are closed on this side.",
	},
	Why:   "Killing a process does not kill those that it has started, and they have inherited its output. Output copies until the pipe ends: until the last of them has closed it.",
	Fix:   "Set Cmd.WaitDelay. To end the grandchild, too, start the child in a process group of its own and kill the group, or put it into a job object on Windows.",
	Price: "What is written after that is lost, and a grandchild that nobody ends lives on: WaitDelay gives up waiting for it, and does no more.",
	Since: "1.20",
	Sources: []string{
		"golang/go#23019: Wait waits for whoever holds the output; WaitDelay is the answer to it",
		"vertti/preflight#218: 31 s, with a time-out of 2 s",
		"Gaurav-Gosain/tuios#141: the killed shell's own child keeps the pipe, in bash as in dash: 20 s, with a time-out of 2 s",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: yardstick,
	Helpers:   map[string]func([]string) error{"child": child, "grandchild": grandchild},
}

func yardstick(ctx context.Context) (pitfall.Seen, error) {
	start := time.Now()
	timeOut, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	<-timeOut.Done()
	return pitfall.Seen{Took: time.Since(start)}, context.Cause(ctx)
}

// Observe runs a way to run a command until ctx ends, which it does so long after child
// and grandchild live: to start them may take longer than that.
func Observe(way func(ctx context.Context, command func(context.Context) *exec.Cmd) ([]byte, error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		f, err := newFamily()
		if err != nil {
			return pitfall.Seen{}, err
		}
		timeOut, cancel := context.WithCancel(ctx)
		defer cancel()
		alive := make(chan time.Time, 1)
		go func() { // ends when they live, or when f ends
			defer close(alive)
			if f.born() == nil {
				alive <- time.Now()
				time.AfterFunc(limit, cancel)
			}
		}()
		out, err := way(timeOut, f.command)
		end := time.Now()
		wrong := f.end()
		start, lived := <-alive
		if !lived || end.Before(start) {
			return pitfall.Seen{Outcomes: tally(0, 0, 1)}, wrong
		}
		told := 0
		if err != nil && string(out) == part {
			told = 1
		}
		return pitfall.Seen{Took: end.Sub(start), Outcomes: tally(told, 1-told, 0)}, wrong
	}
}

func tally(told, silent, idle int) []pitfall.Outcome {
	return []pitfall.Outcome{
		{What: "time-out told, with the output so far", Verdict: pitfall.Expected, Count: told},
		{What: "no error, or output lost", Verdict: pitfall.Forbidden, Count: silent},
		{What: "command not run, or not waited for", Verdict: pitfall.Forbidden, Count: idle},
	}
}
