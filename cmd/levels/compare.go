package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/compare"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// A comparison is what `levels compare` was told.
type comparison struct {
	plan             bench.Plan
	axes             bench.Axes
	margin           float64
	format, out      string
	replay           string
	selfTest, chosen bool
	brief            bool // benchtime was not given
	lax              bool // margin was not given
}

func newCompare() *cobra.Command {
	var c comparison
	cmd := &cobra.Command{
		Use:   "compare BASE HEAD",
		Short: "tell whether a version got slower, or whether nobody can tell",
		Long: `compare measures two versions of this tree and says whether the second is worse.
BASE and HEAD are what git calls them: branches, tags, commits; a dot is the tree
as it is. Both are built once; then, in each round, each benchmark is run with the
base, with head, and with the base again as a control, in changing order. After
--rounds rounds it is judged; if that cannot tell, once more after twice as many,
and after three times as many: laid down before, and paid for in significance.

BASE and HEAD can also be two runs of levels bench. These were measured one after
the other, which is weaker evidence, and the output says so. One argument, the
folder of a comparison, prints that again.

Counts (allocations, commands, bytes on the wire) are exact: to usually need more
than the base ever did fails. So does one task lost or done twice, and a benchmark
that only head cannot complete, or of which only head has another checksum.
Processor time fails if the slow-down is significant, adjusted for the number of
rows, and certainly above --margin and above what the machine does by itself. Wall
time and latency are reported, and decide nothing.

Exit codes: 0 PASS; 1 FAIL; 2 INCONCLUSIVE, which is not "no change"; 3
ENVIRONMENT: the control failed, or the sides cannot be compared; 4 whatever is no
verdict: wrong arguments, or something broke; 130 interrupted. A --self-test or
--replay that finds the gate wanting ends with 1.`,
		Example: `  levels compare main .                      this tree against main
  levels compare v1.2 HEAD --work cpu --level thread --format markdown
  levels compare results/runs/A results/runs/B
  levels compare --self-test                 does the gate find 10 %, and nothing in nothing?
  levels compare --replay results/runs/A     how would it have judged that run's noise?`,
		Args: func(_ *cobra.Command, args []string) error { return harness(c.checkArgs(args)) },
		RunE: func(cmd *cobra.Command, args []string) error {
			c.chosen = cmd.Flags().Changed("level") || cmd.Flags().Changed("work") || cmd.Flags().Changed("measure")
			c.brief, c.lax = !cmd.Flags().Changed("benchtime"), !cmd.Flags().Changed("margin")
			if err := cmp.Or(c.check(), c.checkTogether(cmd, args)); err != nil {
				return harness(err)
			}
			return harness(c.run(cmd.Context(), args))
		},
	}
	cmd.PersistentPreRunE = func(cmd *cobra.Command, args []string) error { return harness(lookAround(cmd, args)) }
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return harness(flagError(cmd, err)) })
	c.flags(cmd)
	return cmd
}

func (c *comparison) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringSliceVar(&c.axes.Levels, "level", []string{"process", "thread", "async"}, "levels to compare, by comma")
	f.StringSliceVar(&c.axes.Works, "work", []string{"cpu"}, "workloads to compare, by comma")
	f.StringSliceVar(&c.axes.Kinds, "measure", []string{"table"}, "what to measure, by comma: table, cost, load, metg, startup; without any of these three flags also the cost of all levels, of an empty task")
	f.StringVar(&c.plan.Filter, "filter", "", "only benchmarks that match, as in '/level:thread /work:cpu'")
	f.IntVar(&c.plan.Rounds, "rounds", 10, "rounds before the first look; the second is after twice as many, the last after three times")
	f.DurationVar(&c.plan.Benchtime, "benchtime", 200*time.Millisecond, "how long each benchmark runs, about")
	f.Uint64Var(&c.plan.Seed, "seed", 1, "seed of the inputs, and of the orders")
	f.Float64Var(&c.margin, "margin", 5, "a slow-down that nobody minds, in percent")
	f.BoolVar(&c.plan.Embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	f.StringVar(&c.plan.Corpus, "corpus", "", "folder of text (default: the source of the Go standard library)")
	f.StringVar(&c.format, "format", "table", "table, markdown or json")
	f.StringVar(&c.out, "out", "", "folder for the results (default: results/runs in the checkout)")
	f.BoolVar(&c.selfTest, "self-test", false, "compare this tree with itself, and with a copy that does 10 % more; takes two minutes")
	f.StringVar(&c.replay, "replay", "", "run of 40 rounds or more: judge its noise again and again, and print how often wrongly")
}

func (c *comparison) checkArgs(args []string) error {
	switch {
	case (c.selfTest || c.replay != "") && len(args) > 0:
		return usageError{fmt.Errorf("unexpected argument %.80q: --self-test and --replay compare nothing else", args[0])}
	case c.selfTest && c.replay != "":
		return usageError{errors.New("--self-test and --replay: one at a time")}
	case c.selfTest || c.replay != "":
		return nil
	case len(args) == 0:
		return usageError{errors.New("what is to be compared? give two versions as in levels compare main HEAD, or two runs; see levels compare --help")}
	case len(args) > 2:
		return usageError{fmt.Errorf("unexpected argument %.80q: compare takes a base and a head", args[2])}
	case len(args) == 1 && !isRun(filepath.Join(args[0], "base")):
		return usageError{fmt.Errorf("%.80q alone is nothing to compare: give a base and a head, or the folder of a comparison", args[0])}
	case len(args) == 2 && isRun(args[0]) != isRun(args[1]):
		return usageError{fmt.Errorf("%.80q and %.80q: one is a run and the other is none; compare two versions, or two runs", args[0], args[1])}
	}
	return nil
}

// isRun tells a run, or any file, from the name of a version.
func isRun(path string) bool {
	if at, err := os.Stat(path); err != nil || !at.IsDir() {
		return err == nil
	}
	_, err := os.Stat(filepath.Join(path, samples.File))
	return err == nil
}

func (c *comparison) check() error {
	if err := fleet.Choose("format", c.format, compare.Formats); err != nil {
		return usage("format", err)
	}
	if !(c.margin >= 0.1 && c.margin <= 1000) {
		return usage("margin", fmt.Errorf("%v: must be from 0.1 to 1000 percent", c.margin))
	}
	return cmp.Or(
		inRange("rounds", c.plan.Rounds, 1, 1000),
		inRange("benchtime", c.plan.Benchtime, time.Millisecond, 10*time.Minute),
	)
}

// checkTogether says which flags are of no use: what was measured before has its own
// levels, rounds and so on.
func (c *comparison) checkTogether(cmd *cobra.Command, args []string) error {
	measured := []string{"level", "work", "measure", "filter", "rounds", "benchtime", "seed", "embedded", "corpus", "out"}
	switch {
	case c.replay != "":
		return unused(cmd, "with --replay", append(measured, "margin", "format")...)
	case c.selfTest:
		return unused(cmd, "with --self-test, which prints text only", "format")
	case len(args) == 1 || isRun(args[0]):
		return unused(cmd, "where what is compared was measured before", measured...)
	}
	if c.chosen {
		specs, err := parseLevels(c.axes.Levels)
		if err != nil {
			return err
		}
		return whichRedis(cmd, &c.plan.Redis, haveQueue(specs))
	}
	return nil
}

func (c *comparison) run(ctx context.Context, args []string) error {
	switch {
	case c.replay != "":
		return c.replays()
	case c.selfTest:
		return c.test(ctx)
	case len(args) == 1:
		stored, err := compare.Open(args[0])
		if err != nil {
			return err
		}
		return c.print(stored.Compare(0, c.asked()))
	case isRun(args[0]):
		return c.runs(args[0], args[1])
	}
	report, err := c.versions(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	return c.print(report)
}

// asked is the margin as a share, or 0 if none was asked for: then a comparison on disk
// has its own.
func (c *comparison) asked() float64 {
	if c.lax {
		return 0
	}
	return c.margin / 100
}

// runs compares what is on disk: in pairs, if it was measured so.
func (c *comparison) runs(base, head string) error {
	b, err := samples.Open(base)
	if err != nil {
		return err
	}
	h, err := samples.Open(head)
	if err != nil {
		return err
	}
	stored, together, err := compare.Together(b, h)
	switch {
	case err != nil:
		return err
	case together:
		return c.print(stored.Compare(0, c.asked()))
	}
	return c.print(compare.Blocks(b, h, compare.Config{Margin: c.margin / 100}))
}

// print prints the report, and returns its verdict as an error unless it is PASS.
func (c *comparison) print(r *compare.Report) error {
	if err := r.Write(stdout, c.format); err != nil {
		return err
	}
	codes := map[compare.Verdict]int{compare.Fail: 1, compare.Inconclusive: 2, compare.Environment: 3}
	if r.Verdict == compare.Pass {
		return nil
	}
	return exitError{fmt.Errorf("%s: %s", r.Verdict, r.Why), codes[r.Verdict]}
}

// replays prints how the gate would have judged a run in which nothing changed.
func (c *comparison) replays() error {
	run, err := samples.Open(c.replay)
	if err != nil {
		return err
	}
	proofs, err := compare.Proofs(run)
	if err != nil {
		return err
	}
	short := 0
	for _, p := range proofs {
		p.Write(stdout)
		if !p.OK() {
			short++
		}
	}
	if short > 0 {
		return exitError{fmt.Errorf("%d of %d workloads fall short: their rows are too noisy for the gate to keep its word", short, len(proofs)), exitFailure}
	}
	return nil
}

// exitError has an exit code of its own.
type exitError struct {
	error
	code int
}

// harness makes an error one of compare itself, unless it is a verdict: so that
// whoever looks at the exit code does not take a typing mistake for a regression.
func harness(err error) error {
	if err == nil || errors.As(err, new(exitError)) {
		return err
	}
	return exitError{err, 4}
}
