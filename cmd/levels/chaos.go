package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/chaos"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/netns"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

func newChaos() *cobra.Command {
	c := chaos.Config{Way: chaos.Queue, Jobs: 10_000, Duration: 10 * time.Second, Rounds: 1, Workers: 6, Lease: time.Second}
	var soak time.Duration
	var json bool
	cmd := &cobra.Command{
		Use:   "chaos",
		Short: "break what the queue stands on, and count what becomes of the jobs",
		Long: `chaos starts a Redis of its own that logs every change, and workers in processes of
their own. While jobs come it kills workers and the Redis, has workers leave, stops some
for longer than their lease, and cuts or clogs the links between them. Then it makes all
whole again and waits until every job has come to its end. --apart gives each worker a network
of its own, as virtual machines on one host have them, and one more fault: unplug.

It counts what Jepsen's checker of queues counts, and prints it as a table. A promise
that is broken is exit code 1; so is a kind of fault that never struck, for it would have
shown nothing. --way forget is a queue that pops jobs and forgets them: it must be caught.
Ctrl-C reports on the rounds that were over, and so does a Redis that dies by itself, as on
a full disk, which is exit code 3. A Redis that is killed shows what a crash of
the process costs: a power cut, and what a disk forgets in it, it does not show.`,
		Example: `  levels chaos
  levels chaos --rounds 3 --json
  levels chaos --soak 1h
  levels chaos --faults kill
  levels chaos --apart
  levels chaos --way forget`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkChaos(c, soak, cmd.Flags().Changed("rounds")); err != nil {
				return err
			}
			if missing := lab.Needs(); missing != "" {
				return bench.Environment(errors.New("chaos " + missing + ": there is no queue to break without a real server"))
			}
			if missing := netns.Needs(); c.Apart && missing != "" {
				return bench.Environment(errors.New("chaos: --apart: " + missing + ": leave the flag out"))
			}
			if !cmd.Flags().Changed("faults") {
				c.Faults = nil
			}
			self, err := os.Executable()
			if err != nil {
				return err
			}
			c.Worker, c.Env = []string{self, "chaos", "worker"}, fleet.Env()
			if soak > 0 {
				c.Rounds, c.Until = 1, time.Now().Add(soak)
			}
			return playChaos(cmd, c, json)
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Way, "way", c.Way, "what is broken: queue, or forget, which must be caught")
	f.IntVar(&c.Jobs, "jobs", c.Jobs, "jobs of a round")
	f.DurationVar(&c.Duration, "duration", c.Duration, "of the faults in a round, over which the jobs come")
	f.IntVar(&c.Rounds, "rounds", c.Rounds, "rounds, each with a Redis of its own")
	f.DurationVar(&soak, "soak", 0, "play rounds for so long, however many they are")
	f.Uint64Var(&c.Seed, "seed", 1, "says when strikes are due, and where; the next rounds count on from it")
	f.BoolVar(&c.Apart, "apart", false, "each worker in a network namespace of its own (Linux, root)")
	f.StringSliceVar(&c.Faults, "faults", chaos.Kinds, "kinds of faults; with --apart also unplug")
	f.IntVar(&c.Workers, "workers", c.Workers, "processes that work")
	f.DurationVar(&c.Lease, "lease", c.Lease, "how long after a worker's death its jobs go to another")
	f.BoolVar(&json, "json", false, "print JSON")
	cmd.AddCommand(newChaosWorker())
	return cmd
}

func checkChaos(c chaos.Config, soak time.Duration, counted bool) error {
	if err := fleet.Choose("way", c.Way, chaos.Ways); err != nil {
		return usage("way", err)
	}
	if len(c.Faults) == 0 {
		return usage("faults", errors.New("name at least one: without any, nothing is shown"))
	}
	if soak > 0 && counted {
		return usage("soak", errors.New("either that or --rounds says when it is over"))
	}
	for _, kind := range c.Faults {
		if err := fleet.Choose("fault", kind, append(slices.Clone(chaos.Kinds), chaos.Unplug)); err != nil {
			return usage("faults", err)
		}
		if kind == chaos.Unplug && !c.Apart {
			return usage("faults", errors.New("unplug takes wires of the workers' own: add --apart"))
		}
	}
	return errors.Join(
		inRange("jobs", c.Jobs, 1, 1_000_000),
		inRange("duration", c.Duration, time.Second, time.Hour),
		inRange("rounds", c.Rounds, 1, 10_000),
		inRange("soak", soak, 0, 30*24*time.Hour),
		inRange("workers", c.Workers, 2, 64),
		inRange("lease", c.Lease, 200*time.Millisecond, time.Minute),
	)
}

// playChaos plays, and prints what came out, if only of the rounds before it was ended.
func playChaos(cmd *cobra.Command, c chaos.Config, json bool) error {
	slog.SetLogLoggerLevel(slog.LevelWarn) // that a Redis which was killed is loading is no news
	begun, progress := time.Now(), newProgress(os.Stderr)
	c.Progress = func(round int) {
		now := bench.Progress{Step: fmt.Sprintf("round %d, seed %d", round, c.Seed+uint64(round-1)), Total: c.Rounds}
		if round > 1 && c.Until.IsZero() {
			now.Done = round - 1
			now.Left = time.Since(begun) / time.Duration(now.Done) * time.Duration(c.Rounds-now.Done)
		}
		progress.show(now)
	}
	report, err := chaos.Run(cmd.Context(), c)
	progress.clear()
	if errors.Is(err, chaos.ErrRedis) {
		err = bench.Environment(err)
	}
	if report == nil {
		return err
	}
	if json {
		err = cmp.Or(err, printJSON(report))
	} else {
		report.Write(stdout)
	}
	if err == nil && len(report.Broken) > 0 {
		err = errors.New("chaos: " + report.Broken[0])
	}
	return err
}

// newChaosWorker is what the workers run. Alone it is of no use.
func newChaosWorker() *cobra.Command {
	return &cobra.Command{
		Use:    "worker",
		Short:  "worker that levels chaos kills",
		Hidden: true,
		Args:   noArgs,
		RunE:   func(cmd *cobra.Command, _ []string) error { return chaos.Work(cmd.Context(), os.Stdin, os.Stdout) },
	}
}
