package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/gil"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func newGIL() *cobra.Command {
	var names []string
	var python bool
	var c gilConfig
	cmd := &cobra.Command{
		Use:   "gil",
		Short: "what a global interpreter lock does to threads, in three numbers",
		Long: `gil measures threads with and without a global interpreter lock (GIL): what a
second thread adds where tasks compute, what sixteen add where tasks wait, and how
long a wait of 1 ms takes beside a thread that computes. Go has no GIL: thread/gil
simulates one. With --python the real one stands beside it.

Any level of workers on this host will do: serial and machine have no width to
compare, and levels inside levels are not measured. A round takes about a second
and a half for each level. On one processor, or one that others keep busy, a second
thread adds nothing with or without a GIL: see levels doctor.`,
		Example: `  levels gil
  levels gil --python --rounds 10
  levels gil --level thread,process,python/processes`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if python {
				names = append(names, "python/threads")
			}
			var err error
			if c.specs, err = gilLevels(names); err != nil {
				return err
			}
			if err := inRange("rounds", c.rounds, 1, 1000); err != nil {
				return err
			}
			return runGIL(cmd.Context(), c)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&names, "level", []string{"thread", "thread/gil"}, "levels to measure, by comma")
	f.BoolVar(&python, "python", false, "measure python/threads too, which needs python3")
	f.IntVar(&c.rounds, "rounds", 5, "how often each is measured")
	f.StringVar(&c.corpus, "corpus", "", "folder of text for the origin (default: the source of the Go standard library)")
	return cmd
}

type gilConfig struct {
	specs  []fleet.Spec
	rounds int
	corpus string
}

// gilLevels parses the levels, each once. Their widths are what is compared, so
// they have none.
func gilLevels(names []string) (specs []fleet.Spec, err error) {
	all, err := parseLevels(names)
	for _, spec := range all {
		switch one := wide(spec, gil.Many); {
		case spec[0].Width > 0:
			return nil, usage("level", fmt.Errorf("%q: leave out the width: it is what is compared", spec))
		case len(spec) > 1 || one.AtOnce() != gil.Many:
			return nil, usage("level", fmt.Errorf("%q cannot be 1, 2 and %d wide: take process, thread, async or python, with none inside", spec, gil.Many))
		case !slices.ContainsFunc(specs, func(s fleet.Spec) bool { return s.String() == spec.String() }):
			specs = append(specs, spec)
		}
	}
	return specs, err
}

// wide is the spec with a width.
func wide(s fleet.Spec, width int) fleet.Spec {
	s = slices.Clone(s)
	s[0].Width = width
	return s
}

func runGIL(ctx context.Context, c gilConfig) error {
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	if err := findPython(ctx, c.specs); err != nil {
		return err
	}
	config := fleet.Config{Funcs: workload.Funcs(), Worker: []string{self, "worker"}}
	origin, _, stop, err := fleet.StartOrigin(ctx, config, c.corpus)
	if err != nil {
		return cmp.Or(context.Cause(ctx), bench.Environment(err))
	}
	defer stop()
	m := gil.Config{Rounds: c.rounds}
	if m.Long, err = workload.Find("io", workload.Env{Origin: origin, Latency: gil.Long}); err != nil {
		return err
	}
	if m.Short, err = workload.Find("io", workload.Env{Origin: origin, Latency: gil.Short}); err != nil {
		return err
	}
	progress := newProgress(os.Stderr)
	m.Progress = showRounds(progress)
	notes := gilNotes{}
	var subjects []gil.Subject
	for _, spec := range c.specs {
		subjects = append(subjects, notes.subject(spec, config))
	}
	rows, err := gil.Measure(ctx, m, subjects)
	progress.clear()
	if err != nil {
		return err
	}
	printGIL(stdout, notes, rows)
	return nil
}

// showRounds shows how far the measurement is.
func showRounds(p *progress) func(done, total int) {
	begun := time.Now()
	return func(done, total int) {
		now := bench.Progress{Step: "measuring", Done: done, Total: total}
		if done == total {
			now.Step = "done"
		}
		now.Left = time.Since(begun) / time.Duration(max(done, 1)) * time.Duration(total-done)
		p.show(now)
	}
}

// gilNotes are what the table has to say of the levels beside their figures.
type gilNotes struct {
	simulated bool
	python    string // its version
}

func (n *gilNotes) subject(spec fleet.Spec, config fleet.Config) gil.Subject {
	n.simulated = n.simulated || spec[0].Impl == "gil"
	return gil.Subject{Name: label(spec), Open: func(ctx context.Context, width int) (levels.Level, error) {
		l, err := fleet.Open(ctx, wide(spec, width), config)
		if err != nil {
			return nil, bench.Environment(err)
		}
		if told, ok := l.Level.(interface{ Version() string }); ok {
			n.python = told.Version()
		}
		return l, nil
	}}
}

func printGIL(w io.Writer, notes gilNotes, rows []gil.Row) {
	top := "not simulated: Go has no GIL, and nothing plays one"
	if notes.simulated {
		top = "simulated: Go has no GIL, thread/gil plays one"
	}
	if notes.python != "" {
		top += "; real: " + notes.python
	}
	fmt.Fprintf(w, "%s\n\n", top)
	fmt.Fprintf(w, "%-16s %-16s %-16s %s\n", "", "2 CPU threads", "16 I/O threads", "1 ms I/O: p50 in ms")
	fmt.Fprintf(w, "%-16s %-16s %-16s %-6s %s\n", "level", "against 1", "against 1", "alone", "beside a busy thread")
	for _, r := range rows {
		fmt.Fprintf(w, "%-16s %-16s %-16s %-6.3g %s\n", r.Name, ranged(r.Compute, "%.2f", "x"), ranged(r.Overlap, "%.1f", "x"),
			gil.Median(milliseconds(r.Alone)), ranged(milliseconds(r.Beside), "%.3g", ""))
	}
	fmt.Fprintln(w, `
Medians of the rounds, with the least and the most. A GIL lets one thread run
at a time: a second one computes nothing more. Threads that wait give it up, so
waits overlap; after each they queue behind the one that computes: the convoy.`)
}

// ranged writes the median of samples and, unless there is only one, their range.
func ranged(samples []float64, format, unit string) string {
	text := fmt.Sprintf(format, gil.Median(samples)) + unit
	if len(samples) > 1 {
		text += fmt.Sprintf(" "+format+".."+format, slices.Min(samples), slices.Max(samples))
	}
	return text
}

func milliseconds(samples []time.Duration) []float64 {
	all := make([]float64, len(samples))
	for i, d := range samples {
		all[i] = float64(d) / float64(time.Millisecond)
	}
	return all
}
