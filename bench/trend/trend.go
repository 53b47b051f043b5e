// Package trend follows benchmarks over commits.
//
// # Meaning
//
// A run on a busy afternoon is slower than one at night, on the same commit. So no
// series is of measurements: each is of ratios. In every round a measurement is divided
// by that of serial in the same round, at the same work: what disturbed the machine
// disturbed both, and falls out. Serial is a plain loop, which commits seldom touch, and
// is itself shown undivided. The median of these is then divided by that of a pinned run,
// the baseline, so that all series begin at 1. Measurements that are ratios already (METG
// is probed beside its own peak) or that count are divided by the baseline's only.
//
// Runs of other machines or stores, with other inputs or of other length are not mixed
// in: they are listed with the reason. So is a benchmark that does other work than it did
// in the baseline, by its checksum.
//
// Whether a series changed for good is for package changepoint to say. Two runs that
// differ are no change: it takes eleven or so.
package trend

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Trend is what became of the benchmarks.
type Trend struct {
	Dir      string
	Baseline int // index of the run
	Runs     []Run
	Series   []Series
	Newer    []string  // benchmarks that the baseline lacks, so that they have no series
	Ignored  []Ignored // runs
}

// A Run is one that can be compared with the baseline.
type Run struct {
	Name, Commit string
	Began        time.Time // zero if the name does not say

	raw *samples.Run
}

// An Ignored run is not compared, and why.
type Ignored struct{ Run, Commit, Because string }

// Errors of [Open].
var (
	ErrNoRuns     = errors.New("no run that was carried out")
	ErrNoBaseline = errors.New("no run of this commit")
)

// constant are the settings that must be as in the baseline. The version of Go may
// change: that is part of what a trend should show.
var constant = []struct{ key, what string }{
	{"goos", "system"}, {"goarch", "architecture"}, {"cpu", "processor"}, {"cores", "number of cores"},
	{"store", "store"}, {"corpus", "corpus"}, {"latency", "latency"}, {"sample", "sample of pages"}, {"benchtime", "benchtime"},
}

// Open reads all runs in the folder dir, oldest first. The baseline is the latest run of
// the commit, however long that is written, or the run of that name; "" is the first run
// there is. Runs whose names do not say when they were count only if none does.
func Open(dir, baseline string) (*Trend, error) {
	t := &Trend{Dir: samples.Clean(dir), Baseline: -1}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var all []Run
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if _, err := root.Stat(filepath.Join(e.Name(), samples.File)); err != nil {
			if e.Type()&fs.ModeSymlink != 0 {
				t.Ignored = append(t.Ignored, Ignored{samples.Clean(e.Name()), "", "it is a link that leads to no run in this folder"})
			}
			continue // a note, or a folder of something else
		}
		raw, err := samples.Open(path)
		switch name := samples.Clean(e.Name()); {
		case err != nil:
			t.Ignored = append(t.Ignored, Ignored{name, "", samples.Clip(samples.Clean(err.Error()), 200)})
		case raw.Sealed > 0 && !raw.Ended:
			t.Ignored = append(t.Ignored, Ignored{name, raw.Setting("commit"), "it is partial: it was not carried out to its end"})
		case len(raw.Cells) == 0:
			t.Ignored = append(t.Ignored, Ignored{name, raw.Setting("commit"), "it has no benchmark lines"})
		default:
			all = append(all, newRun(name, raw))
		}
	}
	slices.SortStableFunc(all, func(a, b Run) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.Name, b.Name)) })
	if err := t.compare(t.dated(all), baseline); err != nil {
		return nil, err
	}
	t.follow()
	return t, nil
}

func newRun(name string, raw *samples.Run) Run {
	began, _, _ := strings.Cut(name, "-")
	at, err := time.Parse("20060102T150405Z", began)
	if err != nil {
		at = time.Time{}
	}
	return Run{Name: name, Commit: raw.Setting("commit"), Began: at, raw: raw}
}

// dated leaves out the runs whose names do not say when they were: nobody knows where
// between the others they belong. Where none says it, they are in the order of names.
func (t *Trend) dated(all []Run) (dated []Run) {
	undated := func(r Run) bool { return r.Began.IsZero() }
	if !slices.ContainsFunc(all, func(r Run) bool { return !undated(r) }) {
		return all
	}
	for _, r := range all {
		if undated(r) {
			t.Ignored = append(t.Ignored, Ignored{r.Name, r.Commit, "its name does not say when it was, as the names of others do"})
		} else {
			dated = append(dated, r)
		}
	}
	return dated
}

// compare takes over the runs that are like the baseline.
func (t *Trend) compare(all []Run, baseline string) error {
	if len(all) == 0 {
		return fmt.Errorf("%w in %.200q", ErrNoRuns, t.Dir)
	}
	base := 0
	if baseline != "" {
		base = pinned(all, baseline)
	}
	if base < 0 {
		return fmt.Errorf("%w in %.200q: have %s", ErrNoBaseline, t.Dir, commits(all))
	}
	for i, r := range all {
		if why := unlike(r.raw, all[base].raw); why != "" {
			t.Ignored = append(t.Ignored, Ignored{r.Name, r.Commit, why})
			continue
		}
		if i == base {
			t.Baseline = len(t.Runs)
		}
		t.Runs = append(t.Runs, r)
	}
	return nil
}

// pinned finds the latest run that is called so, or is of this commit: at best of a tree
// that was clean. It returns -1 if there is none.
func pinned(all []Run, baseline string) int {
	base, best := -1, false
	for i, r := range all {
		commit, dirty := strings.CutSuffix(r.Commit, "-dirty")
		if r.Name == baseline || r.Commit == baseline {
			dirty = false // it was asked for
		} else if !abbreviates(baseline, commit) {
			continue
		}
		if base < 0 || !dirty || !best {
			base, best = i, !dirty
		}
	}
	return base
}

// abbreviates reports whether the two are one commit, of which either may be cut: runs
// have ten digits, git prints seven or all.
func abbreviates(asked, commit string) bool {
	const enough = 7
	return strings.HasPrefix(commit, asked) || len(commit) >= enough && strings.HasPrefix(asked, commit)
}

func unlike(r, base *samples.Run) string {
	for _, c := range constant {
		if have, want := r.Setting(c.key), base.Setting(c.key); have != want {
			return fmt.Sprintf("it has another %s: %.60q, not %.60q", c.what, have, want)
		}
	}
	known := map[string]bool{}
	for _, c := range base.Cells {
		known[c.Name.Full] = true
	}
	if !slices.ContainsFunc(r.Cells, func(c *samples.Cell) bool { return known[c.Name.Full] }) {
		return "it has no benchmark in common with the baseline"
	}
	return ""
}

// commits lists the latest few.
func commits(all []Run) string {
	var names []string
	for _, r := range slices.Backward(all) {
		if !slices.Contains(names, r.Commit) && len(names) < 8 {
			names = append(names, r.Commit)
		}
	}
	return strings.Join(names, ", ")
}
