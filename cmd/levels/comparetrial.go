package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/compare"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// versions measures two versions in turns.
func (c *comparison) versions(ctx context.Context, base, head string) (*compare.Report, error) {
	s, progress, err := c.open(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	defer progress.clear()
	var built [2]*bench.Binary
	for i, ref := range []string{base, head} {
		progress.show(bench.Progress{Step: "building " + samples.Clip(samples.Clean(ref), 60)})
		if ref == "." {
			ref = "" // the tree as it is
		}
		if built[i], err = bench.Build(ctx, s.root, ref, s.Tmp); err != nil {
			return nil, err
		}
	}
	s.changed = benchmarksDiffer(ctx, s.root, base, head)
	return s.trial(ctx, c, compare.Version{Binary: built[0]}, compare.Version{Binary: built[1]}, "compare-"+built[0].Commit+"-"+built[1].Commit)
}

// measuring is what git knows the benchmarks by: all that is linked into them from
// bench, but for what only reads results, and the workloads.
var measuring = []string{"bench", ":(exclude)bench/advise", ":(exclude)bench/compare", ":(exclude)bench/report", ":(exclude)bench/trend", "levels/workload"}

// benchmarksDiffer asks git whether what measures differs, and not only what is
// measured. If git cannot tell, it did not build two versions either.
func benchmarksDiffer(ctx context.Context, root, base, head string) bool {
	args := []string{"-C", root, "diff", "--quiet", "--end-of-options"}
	for _, ref := range []string{base, head} {
		if ref != "." {
			args = append(args, ref)
		}
	}
	var exit *exec.ExitError
	err := exec.CommandContext(ctx, "git", slices.Concat(args, []string{"--"}, measuring)...).Run()
	return errors.As(err, &exit) && exit.ExitCode() == 1 && base != head
}

// session is what trials share.
type session struct {
	*bench.Session
	root, out string
	progress  *progress
	changed   bool // what measures
}

func (c *comparison) open(ctx context.Context) (*session, *progress, error) {
	root, err := bench.Root(ctx)
	if err != nil {
		return nil, nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	s := &session{root: root, out: cmp.Or(c.out, runsIn(root)), progress: newProgress(os.Stderr)}
	runner := bench.Runner{Root: root, Out: s.out, Worker: []string{self, "worker"}, Progress: s.progress.show}
	c.plan.Axes = []bench.Axes{c.axes}
	if !c.chosen {
		// Counts are the same in each round, so a few rounds are enough.
		c.plan.Axes = append(c.plan.Axes, bench.Axes{Kinds: []string{"cost"}, Levels: bench.Levels[1:], Works: []string{"empty"}, Every: 5})
	}
	if s.Session, err = bench.OpenSession(ctx, runner, c.plan); err != nil {
		return nil, nil, err
	}
	return s, s.progress, nil
}

// trial carries out one comparison, in a folder of its own.
func (s *session) trial(ctx context.Context, c *comparison, base, head compare.Version, name string) (*compare.Report, error) {
	dir := filepath.Join(s.out, time.Now().UTC().Format("20060102T150405Z")+"-"+name)
	return compare.Trial{
		Measurer: s, Cells: s.Plan.Cells(), Base: base, Head: head, Seed: c.plan.Seed,
		Looks: compare.Looks(c.plan.Rounds), Margin: c.margin / 100, Dir: dir, Changed: s.changed, Progress: s.progress.show,
	}.Run(ctx)
}

// test lets the gate judge what is known: a binary against itself, and against itself
// with a tenth of its tasks done twice.
func (c *comparison) test(ctx context.Context) error {
	if !c.chosen {
		c.axes = bench.Axes{Levels: []string{"thread", "async"}, Works: []string{"cpu"}}
		c.chosen = true
	}
	if c.brief {
		c.plan.Benchtime = 100 * time.Millisecond
	}
	s, progress, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	progress.show(bench.Progress{Step: "building the tree as it is"})
	built, err := bench.Build(ctx, s.root, "", s.Tmp)
	if err != nil {
		return err
	}
	var wrong []string
	for _, t := range []struct {
		what, name string
		flags      []string
		right      func(compare.Verdict) bool
	}{
		{"no change, which must not FAIL", "self-test-same", nil, func(v compare.Verdict) bool { return v != compare.Fail }},
		{"10 % more to do, which must FAIL", "self-test-slower", []string{"-burden=10"}, func(v compare.Verdict) bool { return v == compare.Fail }},
	} {
		r, err := s.trial(ctx, c, compare.Version{Binary: built}, compare.Version{Binary: built, Flags: t.flags}, t.name)
		progress.clear()
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Self-test: %s\n\n", t.what)
		if err := r.Write(stdout, c.format); err != nil {
			return err
		}
		fmt.Fprintln(stdout)
		if !t.right(r.Verdict) {
			wrong = append(wrong, fmt.Sprintf("%s, was %s", t.what, r.Verdict))
		}
	}
	if len(wrong) > 0 {
		return exitError{errors.New("the gate does not work here: " + strings.Join(wrong, "; ")), exitFailure}
	}
	fmt.Fprintln(stdout, "The gate works.")
	return nil
}
