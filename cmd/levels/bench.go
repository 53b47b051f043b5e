package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func newBench() *cobra.Command {
	var plan bench.Plan
	var axes bench.Axes
	var out output
	var dir, pages string
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "measure the levels and compare them",
		Long: `bench measures workloads at several levels, in rounds: in each round every pair
of level and workload once, in shuffled order, in a fresh process. Samples are
written to a folder of their own as they come; Ctrl-C ends the run, and what is
measured so far is kept and summarised.

A level is serial, machine/rpc, machine/queue, process, thread or async. After a
slash is how it is built, where there are other ways: process/socket, /shm, /spawn;
thread/channel, /per-task, /gil; async/semaphore, /errgroup, /loop. Levels nest,
and have widths: machine/queue:2>process:4>async:64 is a queue whose 2
machines run 4 processes each, of which each runs 64 tasks at once.

With python3 there are also python/threads, python/processes and python/asyncio,
which run every workload but words.`,
		Example: `  levels bench                                                     all levels, four workloads, six rounds
  levels bench --work cpu --grain 1000                             shorter tasks
  levels bench --level serial,'machine/queue:2>process>async' --work words
  levels bench --work words --pages all --rounds 1                 every file of the corpus`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(out.check(), checkPlan(&plan, &axes, pages)); err != nil {
				return err
			}
			return runBench(cmd.Context(), plan, dir, out)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&axes.Levels, "level", bench.Levels, "levels to measure, by comma")
	f.StringSliceVar(&axes.Works, "work", bench.Works, "workloads to measure, by comma; also bytes and skew")
	f.IntVar(&plan.Rounds, "rounds", 6, "how often each is measured; 6 is the least for an interval of 95 %")
	f.DurationVar(&plan.Benchtime, "benchtime", 200*time.Millisecond, "how long each benchmark runs, about")
	f.Uint64Var(&plan.Seed, "seed", 1, "seed of the inputs, and of the order in each round")
	f.IntSliceVar(&axes.Grains, "grain", []int{0}, "sizes of a task in rounds or bytes, by comma; 0 means the workload's own")
	f.DurationVar(&plan.Latency, "latency", 2*time.Millisecond, "what the origin adds to each answer")
	f.StringVar(&pages, "pages", "128", "pages of the corpus that words counts: a number, or all")
	f.StringVar(&plan.Corpus, "corpus", "", "folder of text (default: the source of the Go standard library)")
	f.StringVar(&plan.Redis, "redis", os.Getenv("REDIS_URL"), "URL of the Redis (default: REDIS_URL, else a private redis-server, else the embedded store)")
	f.Lookup("redis").DefValue = "" // it may hold a password
	f.BoolVar(&plan.Embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	f.StringVar(&dir, "out", "", "folder for the results (default: results/runs in the checkout)")
	out.flags(cmd)
	return cmd
}

// checkPlan checks the flags, and turns them into what a Plan means by them.
func checkPlan(p *bench.Plan, a *bench.Axes, pages string) error {
	specs, err := parseLevels(a.Levels)
	if err != nil {
		return err
	}
	if len(a.Works) == 0 {
		return usage("work", errors.New("the value is empty"))
	}
	for _, work := range a.Works {
		if err := fleet.Choose("workload", work, workload.Names()); err != nil {
			return usage("work", err)
		}
	}
	if err := errors.Join(
		checkPython(specs, a.Works...),
		inRange("rounds", p.Rounds, 1, 1000),
		inRange("benchtime", p.Benchtime, time.Millisecond, 10*time.Minute),
		inRange("latency", p.Latency, 0, workload.MaxLatency),
	); err != nil {
		return err
	}
	if p.Latency == 0 {
		p.Latency = -1 // none, where a Plan's 0 is the default
	}
	n, err := strconv.Atoi(pages)
	switch {
	case pages == "all":
		n = -1
	case err != nil || n < 1:
		return usage("pages", fmt.Errorf("%.80q: want a number from 1 up, or all", pages))
	}
	p.Sample = n
	for _, grain := range a.Grains {
		if err := inRange("grain", grain, 0, 1<<30); err != nil {
			return err
		}
	}
	p.Axes = []bench.Axes{*a}
	return nil
}

// parseLevels parses what --level lists.
func parseLevels(names []string) (specs []fleet.Spec, err error) {
	if len(names) == 0 {
		return nil, usage("level", errors.New("the value is empty"))
	}
	for _, name := range names {
		spec, err := fleet.Parse(name)
		if err != nil {
			return nil, usage("level", err)
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// runBench runs the plan and prints what came of it, even if it was cut short.
func runBench(ctx context.Context, plan bench.Plan, dir string, out output) error {
	root, err := bench.Root(ctx)
	if err != nil {
		return err
	}
	specs, err := parseLevels(plan.Axes[0].Levels)
	if err != nil {
		return err
	}
	if err := findPython(ctx, specs); err != nil {
		return err
	}
	dir = cmp.Or(dir, runsIn(root))
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	progress := newProgress(os.Stderr)
	runner := bench.Runner{Root: root, Out: dir, Worker: []string{self, "worker"}, Progress: progress.show}
	results, err := runner.Run(ctx, plan)
	progress.clear()
	if results == "" || err != nil && ctx.Err() == nil {
		return err
	}
	tables, readErr := report.Open(results)
	if readErr != nil { // interrupted before the first sample
		return errors.Join(err, readErr)
	}
	if printErr := out.print(tables); printErr != nil {
		return errors.Join(err, printErr)
	}
	if err == nil && invalid(tables) {
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

func invalid(r *report.Run) bool {
	for _, t := range r.Tables {
		for _, row := range t.Rows {
			if row.Invalid != "" {
				return true
			}
		}
	}
	return false
}
