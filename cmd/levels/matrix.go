package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/advise"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/samples"
)

func newMatrix() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "matrix [RUN]",
		Short: "say when to take which level, from a run's own numbers",
		Long: `matrix has a row for each question that decides between levels, and what a run measured
for it at each of them: the median over the rounds, with its 95 % interval. Where a
level promises something, its promise stands there, marked as such. Without RUN it takes
the latest run in results/runs.`,
		Example: `  levels matrix
  levels matrix results/runs/20260101T120000Z-1a2b3c4d5e --format markdown`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("unexpected argument %.80q: matrix takes one run", args[1])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fleet.Choose("format", format, []string{"table", "markdown", "json"}); err != nil {
				return usage("format", err)
			}
			path, err := latest(cmd.Context(), args)
			if err != nil {
				return err
			}
			run, err := samples.Open(path)
			if err != nil {
				return bench.Environment(err)
			}
			return advise.NewMatrix(run).Write(os.Stdout, format)
		},
	}
	cmd.Flags().StringVar(&format, "format", "table", "table, markdown or json")
	return cmd
}
