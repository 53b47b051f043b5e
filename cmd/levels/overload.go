package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/overload"
	"github.com/fourlevels/fourlevels/levels/workload"
)

func newOverload() *cobra.Command {
	c := overload.Config{For: 30 * time.Second, Steady: 4 * time.Second, Times: 10, Waiting: 256}
	var names []string
	var json bool
	cmd := &cobra.Command{
		Use:   "overload",
		Short: "ask ten times too much of the levels, and see what becomes of it",
		Long: `overload finds out how many tasks a second a level can do, begins ten times as many
for a while, whatever becomes of them, and then asks for no more than before. It
prints what was done meanwhile, what was turned away because the level is full, how
much waited at most, how much memory that took, and how long it was until the level
was as fast as before.

What waits is bounded: by levels.Limit in front of a level, and by the length of the
queue in Redis. It is exit code 1 if more waits than may, if a call ends with another
error or not at all, if memory grows beyond twice what it was and 64 MB, or if the
throughput takes more than 2 s to come back to 95 %, three times in a row: a machine that
is slower for a while must not look like a level that did not recover.
--endless is a queue without a bound: it must be caught.`,
		Example: `  levels overload
  levels overload --level thread,machine/queue --for 5s
  levels overload --level async --for 5s --endless`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			specs, err := overloadLevels(names)
			if err != nil {
				return err
			}
			if err := cmp.Or(checkOverload(c), whichRedis(cmd, &c.Fleet.Redis, haveQueue(specs))); err != nil {
				return err
			}
			return playOverload(cmd.Context(), specs, c, json)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&names, "level", []string{"thread", "process", "async", "machine/rpc", "machine/queue"}, "levels to overload, by comma")
	f.DurationVar(&c.For, "for", c.For, "how long too much is asked for, at each level")
	f.DurationVar(&c.Steady, "steady", c.Steady, "how long before that just enough is")
	f.IntVar(&c.Times, "times", c.Times, "how many times too much it is")
	f.IntVar(&c.Waiting, "waiting", c.Waiting, "tasks that may wait")
	f.BoolVar(&c.Endless, "endless", false, "let any number wait, which must be caught")
	f.BoolVar(&json, "json", false, "print JSON")
	redisFlag(f, &c.Fleet.Redis, "as for levels bench")
	f.BoolVar(&c.Fleet.Embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	return cmd
}

// overloadLevels are the levels, as wide as they are where tasks compute.
func overloadLevels(names []string) (specs []fleet.Spec, err error) {
	all, err := parseLevels(names)
	for _, spec := range all {
		if spec[0].Level == "serial" || spec[0].Level == "python" {
			return nil, usage("level", fmt.Errorf("%q cannot be overloaded: take thread, process, async, machine/rpc or machine/queue", spec))
		}
		specs = append(specs, bench.Widen(spec, false))
	}
	return specs, err
}

func checkOverload(c overload.Config) error {
	return errors.Join(
		inRange("for", c.For, 500*time.Millisecond, time.Hour),
		inRange("steady", c.Steady, 500*time.Millisecond, time.Hour),
		inRange("times", c.Times, 2, 100),
		inRange("waiting", c.Waiting, 32, 100_000),
	)
}

// playOverload overloads one level after another, and prints what came out.
func playOverload(ctx context.Context, specs []fleet.Spec, c overload.Config, json bool) error {
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	c.Fleet.Funcs, c.Fleet.Worker = workload.Funcs(), []string{self, "worker"}
	begun, progress := time.Now(), newProgress(os.Stderr)
	var rows []*overload.Row
	for i, spec := range specs {
		now := bench.Progress{Step: "overload " + spec.String(), Done: i, Total: len(specs)}
		if i > 0 {
			now.Left = time.Since(begun) / time.Duration(i) * time.Duration(len(specs)-i)
		}
		progress.show(now)
		row, err := overload.Run(ctx, spec, c)
		if err != nil {
			progress.clear()
			return cmp.Or(context.Cause(ctx), fmt.Errorf("%s: %w", spec, err))
		}
		rows = append(rows, row)
	}
	progress.clear()
	if json {
		err = printJSON(rows)
	} else {
		overload.Write(stdout, rows)
	}
	if wrong := overload.Wrong(rows); err == nil && len(wrong) > 0 {
		err = errors.New("overload: " + wrong[0])
	}
	return err
}
