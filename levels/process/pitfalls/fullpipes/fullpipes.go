// Package fullpipes is a pitfall of processes: a pipe holds only so much. Who writes all
// before it reads anything waits for a process that waits for it.
package fullpipes

import (
	"context"
	"embed"
	"fmt"
	"io"
	"strings"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

const id = "P4"

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    id,
	Name:  "fullpipes",
	Title: "Two full pipes",
	Level: "process",
	Story: "A program writes 400 lines to a filter before it reads an answer; the pipes there and back fill up, and both processes wait for ever.",

	Class:  pitfall.Count,
	Unit:   "lines in limbo of 400",
	Breaks: pitfall.Exactly(many),
	Work:   many,
	Ask: pitfall.Predict{
		Question: "A program writes 400 lines of 1 KiB to a filter that answers each at once, and then reads the answers. How many does it get?",
		Choices: [3]pitfall.Choice{
			{Says: "all 400", If: pitfall.Exactly(0)},
			{Says: "as many as fit into a pipe, about 64", If: pitfall.Between(1, many-1)},
			{Says: "none: it never comes to read", If: pitfall.Exactly(many)},
		},
	},

	Hints: [3]string{
		"A pipe on Linux holds 64 KiB. What does the filter do when its answers fill one that nobody reads?",
		"Look at what is not done before the first loop has ended. Can it end?",
		"Write in a goroutine that closes to at its end, and read the answers here at the same time.",
	},
	Why:   "The filter waits until somebody reads its answers, so it no longer reads; the program waits until the filter reads its lines, so it no longer reads either.",
	Fix:   "Read and write at the same time: a goroutine for one of them, or Cmd.Stdin with a reader, for which os/exec starts one; communicate in Python.",
	Price: "A goroutine, a second place for errors to come from, and answers that come while the program is still writing.",
	Sources: []string{
		"rust-lang/rust-by-example#1273: its own example of pipes hung on large input",
		"the documentation of Python's subprocess: use communicate rather than stdin.write, to avoid deadlocks",
		"martian56/raven#404: process.run wrote all of stdin before it read any output",
	},

	Code:    code,
	Broken:  Observe(broken),
	Fixed:   Observe(fixed),
	Helpers: map[string]func([]string) error{"filter": filter},
}

// many lines of 1 KiB are more than two pipes hold, on every system.
const many = 400

// Observe runs a way to send lines to a filter and get its answers: one for each, in order.
func Observe(way func(to io.WriteCloser, from io.Reader, lines []string) ([]string, error)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		filter, err := watch(ctx)
		if err != nil {
			return pitfall.Seen{}, err
		}
		line := strings.Repeat("x", 1<<10-1)
		lines := make([]string, many)
		for i := range lines {
			lines[i] = fmt.Sprint(i, line)
		}
		// An error shows in the answers that are missing.
		answers, _ := way(pipe{filter.p.Stdin, filter}, pipe{filter.p.Stdout, filter}, lines)
		right := 0
		for i := range min(many, len(answers)) {
			if answers[i] == strings.ToUpper(lines[i]) {
				right++
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "line answered", Verdict: pitfall.Expected, Count: right},
			{What: "line in limbo", Verdict: pitfall.Forbidden, Count: many - right},
		}}, filter.stop()
	}
}
