package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/report"
)

func newReport() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "print the tables of a run again",
		Long: `report reads a run's folder, or any file in Go's benchmark format that these
benchmarks wrote, and prints its tables. Without RUN it takes the latest run in
results/runs.`,
		Example: `  levels report
  levels report results/runs/20260101T120000Z-1a2b3c4d5e --format markdown
  go test -run '^$' -bench . ./bench | tee new.txt; levels report new.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("unexpected argument %.80q: report takes one run", args[1])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(); err != nil {
				return err
			}
			path, err := latest(cmd.Context(), args)
			if err != nil {
				return err
			}
			run, err := report.Open(path)
			if err != nil {
				return bench.Environment(err)
			}
			return out.print(run)
		},
	}
	out.flags(cmd)
	return cmd
}

// latest is the run that was asked for, or else the latest of this checkout:
// runs are named by the time they began.
func latest(ctx context.Context, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	root, err := bench.Root(ctx)
	if err != nil {
		return "", err
	}
	runs, err := filepath.Glob(filepath.Join(runsIn(root), "*", "samples.txt"))
	if err != nil || len(runs) == 0 {
		return "", bench.Environment(errors.New("there is no run in results/runs: make one with levels bench, or name one"))
	}
	return filepath.Dir(slices.Max(runs)), nil
}
