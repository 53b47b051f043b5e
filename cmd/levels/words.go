package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A wordCount is what one level made of the corpus.
type wordCount struct {
	counts   workload.Counts
	checksum uint32
	took     time.Duration
	store    string
}

func newWords() *cobra.Command {
	var names []string
	var c wordsConfig
	cmd := &cobra.Command{
		Use:   "words",
		Short: "count the words of a folder, at one level or at each",
		Long: `words fetches every page of a folder from an origin, counts its words, and merges
the counts: the main job, once over everything. Every page's counts are checked
against the file. With --level all it does so at each level, and fails unless all
count the same.`,
		Example: `  levels words
  levels words --level all
  levels words --level 'machine/queue:2>process:2>async' --corpus ~/books --top 20`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(names) == 1 && names[0] == "all" {
				names = bench.Levels
			}
			specs, err := parseLevels(names)
			if err != nil {
				return err
			}
			for _, spec := range specs {
				c.specs = append(c.specs, bench.Widen(spec, true))
			}
			if err := errors.Join(
				checkPython(specs, "words"),
				inRange("latency", c.latency, 0, workload.MaxLatency),
				inRange("top", c.top, 0, math.MaxInt32),
				whichRedis(cmd, &c.fleet.Redis, haveQueue(specs)),
			); err != nil {
				return err
			}
			return countWords(cmd.Context(), c)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&names, "level", []string{"async"}, "levels to count at, by comma, or all")
	f.StringVar(&c.corpus, "corpus", "", "folder of text (default: the source of the Go standard library)")
	f.DurationVar(&c.latency, "latency", 0, "what the origin adds to each answer")
	f.IntVar(&c.top, "top", 10, "how many of the most frequent words to print")
	redisFlag(f, &c.fleet.Redis, "as for levels bench")
	f.BoolVar(&c.fleet.Embedded, "embedded", false, "take the embedded store even if a redis-server is installed")
	return cmd
}

type wordsConfig struct {
	specs   []fleet.Spec
	corpus  string
	latency time.Duration
	top     int
	fleet   fleet.Config
}

func countWords(ctx context.Context, c wordsConfig) error {
	self, err := os.Executable()
	if err != nil {
		return bench.Environment(err)
	}
	c.fleet.Funcs, c.fleet.Worker = workload.Funcs(), []string{self, "worker"}
	corpus, err := workload.OpenCorpus(c.corpus)
	if err != nil {
		return bench.Environment(err)
	}
	defer corpus.Close()
	origin, _, stop, err := fleet.StartOrigin(ctx, c.fleet, c.corpus)
	if err != nil {
		return cmp.Or(context.Cause(ctx), bench.Environment(err))
	}
	defer stop()
	work, err := workload.Find("words", workload.Env{Origin: origin, Corpus: corpus, Latency: c.latency})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s: %d pages, %.1f MB, latency %v\n\n", corpus.Name(), corpus.Pages(), float64(corpus.Bytes())/1e6, c.latency)
	fmt.Fprintf(stdout, "%-24s %8s %10s %9s %11s %9s\n", "level", "at once", "words", "distinct", "checksum", "time")
	var first *wordCount
	var wrong []string
	for _, spec := range c.specs {
		got, err := countAt(ctx, spec, work, c)
		if err != nil {
			return cmp.Or(context.Cause(ctx), fmt.Errorf("%s: %w", spec, err))
		}
		if first == nil {
			first = got
		}
		if got.checksum != first.checksum {
			wrong = append(wrong, spec.String())
		}
		fmt.Fprintf(stdout, "%-24s %8d %10d %9d %11d %8.1fs %s\n", label(spec), spec.AtOnce(), got.counts.Total(), len(got.counts), got.checksum, got.took.Seconds(), got.store)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("the counts differ: %s against %s", strings.Join(wrong, ", "), c.specs[0])
	}
	fmt.Fprintln(stdout)
	for _, w := range first.counts.Top(c.top) {
		fmt.Fprintf(stdout, "%9d  %s\n", w.Count, w.Word)
	}
	return nil
}

// label is the spec without the widths that the column beside it sums up.
func label(s fleet.Spec) string {
	names := make([]string, len(s))
	for i, p := range s {
		names[i] = p.Name()
	}
	return strings.Join(names, ">")
}

// countAt counts all pages at one level.
func countAt(ctx context.Context, spec fleet.Spec, work workload.Workload, c wordsConfig) (*wordCount, error) {
	l, err := fleet.Open(ctx, spec, c.fleet)
	if err != nil {
		return nil, cmp.Or(context.Cause(ctx), bench.Environment(err))
	}
	defer l.Close()
	pages := func(yield func(levels.Task) bool) {
		for i := range work.Distinct {
			if !yield(work.Task(i, 0)) {
				return
			}
		}
	}
	got := &wordCount{counts: workload.Counts{}, store: l.Store}
	outputs := make([][]byte, work.Distinct)
	start := time.Now()
	for i, r := range levels.Stream(ctx, l, pages, 4*spec.AtOnce()) {
		if r.Err != nil {
			return nil, fmt.Errorf("page %d: %w", i, r.Err)
		}
		outputs[i] = r.Output
	}
	got.took = time.Since(start)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, output := range outputs {
		if err := work.Check(work.Task(i, 0).Input, output); err != nil {
			return nil, fmt.Errorf("page %d: %w", i, err)
		}
		var counts workload.Counts
		if err := counts.UnmarshalBinary(output); err != nil {
			return nil, fmt.Errorf("page %d: %w", i, err)
		}
		got.counts.Merge(counts)
	}
	got.checksum = workload.Checksum(outputs)
	return got, errors.Join(l.Close())
}
