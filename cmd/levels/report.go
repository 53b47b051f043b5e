package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/trend"
)

func newReport() *cobra.Command {
	out := output{more: []string{string(report.AsBigger), string(report.AsSmaller)}}
	var follow followed
	var page string
	cmd := &cobra.Command{
		Use:   "report [RUN]",
		Short: "print the tables of a run again, or the trend of many",
		Long: `report reads a run's folder, or any file in Go's benchmark format that these
benchmarks wrote, and prints its tables. Without RUN it takes the latest run in
results/runs. What cannot be believed is shown as INVALID, with the reason.

With --html it also writes a page with charts: one file that needs no network, with the
tables behind the charts and the raw results in it. As - it goes to standard output,
and takes the place of the tables.

With --trend it reads all runs of a folder, and says what became of each
benchmark over the commits. Without a folder it takes that of the machine in
results, or results/runs if there is none. Runs of other machines or stores are
not mixed in. Its page links commits into the --repository, if there is one.

The formats customBiggerIsBetter and customSmallerIsBetter are those of
github-action-benchmark: throughput is in the first, all else in the second.`,
		Example: `  levels report
  levels report results/runs/20260101T120000Z-1a2b3c4d5e --format markdown
  levels report --html report.html
  levels report --trend results/kvm-2x-epyc --baseline 1a2b3c4d5e
  levels report --trend results/runs --html index.html --repository https://github.com/owner/name
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
			if cmd.Flags().Changed("html") && page == "" {
				return usage("html", errors.New(`"": want a file, or - for standard output`))
			}
			if page == "-" && (cmd.Flags().Changed("format") || cmd.Flags().Changed("plots")) {
				return usage("html", errors.New(`"-" takes the place of the tables: leave --format and --plots out, or name a file`))
			}
			if err := follow.check(cmd); err != nil {
				return err
			}
			if follow.on {
				return follow.print(cmd.Context(), args, &out, page)
			}
			path, err := latest(cmd.Context(), args)
			if err != nil {
				return err
			}
			run, err := report.Open(path)
			if err != nil {
				return bench.Environment(err)
			}
			if page != "" {
				if err := runPage(run, path, page); err != nil || page == "-" {
					return err
				}
			}
			return out.print(run)
		},
	}
	out.flags(cmd)
	cmd.Flags().StringVar(&page, "html", "", "file for a page with charts, or - for standard output")
	cmd.Flags().StringVar(&follow.repository, "repository", "", "URL of the repository that a trend's page links commits into")
	cmd.Flags().BoolVar(&follow.on, "trend", false, "what became of each benchmark over all runs of a folder")
	cmd.Flags().StringVar(&follow.baseline, "baseline", "", "commit, abbreviated or not, or run that a trend is relative to (the oldest run)")
	return cmd
}

// followed is how a trend was asked for.
type followed struct {
	on         bool
	baseline   string
	repository string
}

func (f *followed) check(cmd *cobra.Command) error {
	if f.on {
		return cmp.Or(
			unused(cmd, "with --trend, which has no colours", "color"),
			unused(cmd, "with --trend, which draws lines of its own", "plots"))
	}
	return unused(cmd, "without --trend", "baseline", "repository")
}

func (f *followed) print(ctx context.Context, args []string, out *output, page string) error {
	if f := report.Format(out.format); f == report.AsBigger || f == report.AsSmaller {
		return usage("format", fmt.Errorf("%.80q is for one run: a trend has table, markdown, csv and json", out.format))
	}
	dir, err := history(ctx, args)
	if err != nil {
		return err
	}
	t, err := trend.Open(dir, f.baseline)
	switch {
	case errors.Is(err, trend.ErrNoBaseline):
		return usage("baseline", err)
	case err != nil:
		return bench.Environment(err)
	}
	if page != "" {
		err := writePage(page, func(w io.Writer) error { return t.WritePage(w, f.repository) })
		if err != nil || page == "-" {
			return err
		}
	}
	return t.Write(os.Stdout, report.Format(out.format), !unicoded())
}

// unicoded reports whether the terminal's locale can show blocks. None at all, as in
// many containers, is no reason to believe that it cannot.
func unicoded() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			return strings.Contains(strings.ToUpper(strings.ReplaceAll(v, "-", "")), "UTF8")
		}
	}
	return true
}

// history is the folder whose runs make a trend.
func history(ctx context.Context, args []string) (string, error) {
	if len(args) == 1 {
		return args[0], nil
	}
	root, err := bench.Root(ctx)
	if err != nil {
		return "", err
	}
	runs, err := filepath.Glob(filepath.Join(filepath.Dir(runsIn(root)), "*", "*", "samples.txt"))
	var machines []string
	for _, run := range runs {
		if m := filepath.Dir(filepath.Dir(run)); m != runsIn(root) && !slices.Contains(machines, m) {
			machines = append(machines, m)
		}
	}
	switch {
	case err != nil || len(runs) == 0:
		return "", bench.Environment(errors.New("there is no run in results: make one with levels bench, or name a folder of runs"))
	case len(machines) == 0:
		return runsIn(root), nil
	case len(machines) > 1:
		var names []string
		for _, m := range machines {
			names = append(names, filepath.Base(m))
		}
		return "", usageError{fmt.Errorf("results has runs of %d machines, which are not mixed: name one of %s", len(machines), strings.Join(names, ", "))}
	}
	return machines[0], nil
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
