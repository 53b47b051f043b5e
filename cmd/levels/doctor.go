package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/probe"
	"github.com/fourlevels/fourlevels/levels/machine/store"
)

func newDoctor() *cobra.Command {
	var redis string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "look at this machine: tools, cores, latencies",
		Long: `doctor looks for what the suite needs, compares the cores that this machine
promises with those that it delivers, and measures how long a message takes: from
a system call up to the start of a process. It takes about two seconds, changes
nothing, and fails with exit code 3 if something needed is missing.`,
		Example: `  levels doctor
  levels doctor --redis redis://127.0.0.1:6379`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return doctor(cmd.Context(), redis) },
	}
	redisFlag(cmd.Flags(), &redis, "REDIS_URL, else as levels bench does")
	return cmd
}

func doctor(ctx context.Context, redis string) error {
	bad := false
	for _, c := range probe.Environment(ctx, filepath.Join("results", "runs")) {
		fmt.Fprintf(stdout, "%-5s %-14s %s\n", c.Verdict, c.Name, c.Found)
		if c.Do != "" {
			fmt.Fprintf(stdout, "      %-14s -> %s\n", "", c.Do)
		}
		bad = bad || c.Verdict == probe.Bad
	}
	cores := probe.Cores(ctx, 0)
	verdict := probe.OK
	if cores.Delivered < 0.8*float64(cores.Procs) {
		verdict = probe.Warn
	}
	fmt.Fprintf(stdout, "%-5s %-14s promised %d, delivered %.2f\n", verdict, "cores", cores.Procs, cores.Delivered)
	if verdict == probe.Warn {
		fmt.Fprintf(stdout, "      %-14s -> others use this machine too: no level can be faster than that\n", "")
	}
	if err := ladder(ctx, redis); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if bad {
		return bench.Environment(errors.New("something that the suite needs is missing: see the lines marked bad"))
	}
	return nil
}

// ladder prints what one step of each kind costs.
func ladder(ctx context.Context, redis string) error {
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	st, err := fleet.OpenStore(ctx, fleet.Config{Worker: []string{self, "worker"}, Redis: redis})
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	name := "none"
	var ping func(context.Context) error
	if err == nil {
		defer st.Close()
		name = st.Name
		var hangUp func() error
		if ping, hangUp, err = store.Pinger(st.URL); err == nil {
			defer hangUp()
		}
	}
	failed := err
	if failed != nil { // the other rungs can do without
		fmt.Fprintf(stdout, "%-5s %-14s %v\n", probe.Warn, "store", err)
	}
	fmt.Fprintf(stdout, "\n%-11s %10s %10s   one step\n", "latency", "p50", "p99")
	for _, r := range probe.Ladder(ctx, probe.Config{Echo: []string{self, "echo"}, Spawn: []string{self, "version"}, Redis: ping}) {
		what := r.What
		if r.Name == "redis" {
			what += " (" + name + ")"
		}
		switch {
		case r.Err != nil:
			fmt.Fprintf(stdout, "%-11s %10s %10s   %s: %v\n", r.Name, "-", "-", what, r.Err)
		case r.Note != "":
			fmt.Fprintf(stdout, "%-11s %10s %10s   %s: %s\n", r.Name, "-", "-", what, r.Note)
		default:
			fmt.Fprintf(stdout, "%-11s %10s %10s   %s\n", r.Name, short(r.P50), short(r.P99), what)
		}
	}
	if failed != nil && redis != "" {
		return bench.Environment(failed)
	}
	return nil
}

// short is a duration with three digits.
func short(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= 100*unit {
			return d.Round(unit).String()
		}
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}

// newEcho is the process at the other end of the ladder's pipe.
func newEcho() *cobra.Command {
	return &cobra.Command{
		Use:    "echo",
		Hidden: true,
		Args:   noArgs,
		RunE:   func(*cobra.Command, []string) error { return probe.Echo(os.Stdin, os.Stdout) },
	}
}
