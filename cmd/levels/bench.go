package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/report"
)

func newBench() *cobra.Command {
	var flags benchFlags
	var out output
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure the levels and compare them",
		Long: `bench measures workloads at several levels, in rounds: in each round every pair
of level and workload once, in shuffled order, in a fresh process. Samples are
written to a folder of their own as they come; Ctrl-C ends the run, and what is
measured so far is kept and summarised. --resume goes on with it, also after a
crash: what is on disk is never measured again.

A level is serial, machine/rpc, machine/queue, process, thread or async. After a
slash is how it is built, where there are other ways: process/socket, /shm, /spawn;
thread/channel, /per-task, /gil; async/semaphore, /errgroup, /loop. Levels nest,
and have widths: machine/queue:2>process:4>async:64 is a queue whose 2
machines run 4 processes each, of which each runs 64 tasks at once.

With python3 there are also python/threads, python/processes and python/asyncio,
which run every workload but words.

A preset is a plan in parts, such as the levels over four workloads, or some levels
over many widths. --measure, --work and --level narrow each part to what they list;
a part that takes the usual takes the list. If no part has any of it, the lists are
the plan. --workers, --grain, --batch and --rtt replace those of every part. Pairs
that make no sense are left out: there is a round trip to machines only, and METG
of cpu and io only. --list shows what remains.

A pitfall is measured at no level: its broken and its fixed program run in turn, in
processes of their own. Each run must end as levels pitfall says of it; how many
times longer a broken one takes is measured, not judged.`,
		Example: `  levels bench                                                     all levels, four workloads, six rounds
  levels bench --work cpu --grain 1000                             shorter tasks
  levels bench --level serial,'machine/queue:2>process>async' --work words
  levels bench --measure metg --level thread,async                 how small may a task be?
  levels bench --preset full --list                                what that would measure, and for how long
  levels bench --pitfall T2,A2                                     two broken programs, and their fixed twins
  levels bench --resume results/runs/20260101T120000Z-1a2b3c4d5e   go on with a run`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.resume != "" {
				return resumeBench(cmd, &flags, out)
			}
			plan, err := flags.plan(cmd)
			if err := cmp.Or(out.check(), err); err != nil {
				return err
			}
			if flags.list {
				return listPlan(os.Stdout, plan)
			}
			return startBench(cmd.Context(), plan, flags.out, out)
		},
	}
	flags.add(cmd)
	out.flags(cmd)
	return cmd
}

// startBench runs a plan from its beginning.
func startBench(ctx context.Context, plan bench.Plan, dir string, out output) error {
	root, err := bench.Root(ctx)
	if err != nil {
		return err
	}
	return runBench(ctx, root, cmp.Or(dir, runsIn(root)), plan, out, func(r bench.Runner) (string, error) {
		return r.Run(ctx, plan)
	})
}

// resumeBench goes on with a run. Its plan is its own, so flags that would change it
// have no place.
func resumeBench(cmd *cobra.Command, flags *benchFlags, out output) error {
	err := out.check()
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"resume", "redis", "format", "color", "plots"}, f.Name) && err == nil {
			err = usage("resume", fmt.Errorf("the run has its plan already, leave out --%s", f.Name))
		}
	})
	if err != nil {
		return err
	}
	ctx := cmd.Context()
	root, err := bench.Root(ctx)
	if err != nil {
		return err
	}
	plan, err := bench.PlanOf(flags.resume)
	if err != nil {
		return err
	}
	if err := whichRedis(cmd, &flags.redis, haveQueue(specsOf(plan))); err != nil {
		return err
	}
	if plan.Embedded && !cmd.Flags().Changed("redis") {
		flags.redis = "" // as it was when the run began, whatever the environment names
	}
	return runBench(ctx, root, "", plan, out, func(r bench.Runner) (string, error) {
		return flags.resume, r.Resume(ctx, flags.resume, flags.redis)
	})
}

// runBench measures, and prints what came of it, even if it was cut short.
func runBench(ctx context.Context, root, dir string, plan bench.Plan, out output, measure func(bench.Runner) (string, error)) error {
	if err := findPython(ctx, specsOf(plan)); err != nil {
		return err
	}
	warning, err := plan.Hidden()
	if err != nil {
		return err
	}
	if warning != "" {
		fmt.Fprintln(os.Stderr, "levels: "+warning)
	}
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	progress := newProgress(os.Stderr)
	results, err := measure(bench.Runner{Root: root, Out: dir, Worker: []string{self, "worker"}, Progress: progress.show})
	progress.clear()
	broken := errors.As(err, new(bench.BrokenOffError))
	if results == "" || err != nil && ctx.Err() == nil && !broken {
		return err
	}
	tables, readErr := report.Open(results)
	if readErr != nil { // interrupted or broken off before the first sample
		return errors.Join(err, readErr)
	}
	if broken {
		err = fmt.Errorf("%w; what was measured before is kept: levels bench --resume %s goes on", err, results)
	}
	if printErr := out.print(tables); printErr != nil {
		return errors.Join(err, printErr)
	}
	if err == nil && tables.Invalid() {
		err = errors.New("some rows are INVALID: their results cannot be believed, the reasons stand below the tables")
	}
	return err
}

// runsIn is where the runs of a checkout are, as seen from the current folder if
// that is in it.
func runsIn(root string) string {
	runs := filepath.Join(root, "results", "runs")
	here, err := os.Getwd()
	if err != nil {
		return runs
	}
	if near, err := filepath.Rel(here, runs); err == nil && len(near) < len(runs) {
		return near
	}
	return runs
}
