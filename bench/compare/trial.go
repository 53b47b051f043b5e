package compare

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Measurer measures a cell of any binary: a [bench.Session].
type Measurer interface {
	Names(bench.Cell) ([]string, error)
	Config(bin *bench.Binary, more ...benchfmt.Config) []benchfmt.Config
	Measure(ctx context.Context, bin *bench.Binary, c bench.Cell, more ...string) (*bench.Measured, error)
}

// A Version is a binary, and the flags that it is to have.
type Version struct {
	Binary *bench.Binary
	Flags  []string
}

// A Trial measures two versions in turns: in each round each cell of the base, of
// head, and of the base again, one directly after the other. Their order is drawn so
// that in six rounds each of the six orders comes once: what goes first, or what
// follows the slower one, has no advantage in the end.
type Trial struct {
	Measurer   Measurer
	Cells      []bench.Cell
	Base, Head Version
	Seed       uint64  // of the orders
	Looks      []Look  // when to judge; see [Looks]
	Margin     float64 // as in [Config]
	Dir        string  // of the results, with a run for each side; it must not exist
	Changed    bool    // the benchmarks or the workloads differ between the two, too

	Progress func(bench.Progress) // called before each sample; nil is fine
}

// sides are the runs of a comparison, and their folders.
var sides = [3]string{"base", "head", "control"}

// Run carries the trial out. It ends at the first look that can tell, or at the last.
// When ctx ends, what is measured stays in the folder, and the error is the cause.
func (t Trial) Run(ctx context.Context) (*Report, error) {
	w, err := t.create()
	if err != nil {
		return nil, bench.Environment(err)
	}
	defer func() {
		w.close()
		if w.done == 0 {
			os.RemoveAll(t.Dir) // a comparison without samples is none
		}
	}()
	round := 0
	for i, look := range t.Looks {
		for round < look.Rounds {
			round++
			if err := t.round(ctx, w, round); err != nil {
				return nil, err
			}
			if err := w.allFailed(); err != nil {
				return nil, err
			}
		}
		stored, err := w.read()
		if err != nil {
			return nil, err
		}
		report := stored.Compare(look.Alpha, t.Margin)
		if report.Verdict != Inconclusive || i == len(t.Looks)-1 {
			return report, w.end()
		}
	}
	return nil, errors.New("a trial without a look tells nothing")
}

// round measures each cell once on each side, the cells in random order. A cell that is
// measured in every so many rounds only has its turn when that is due.
func (t Trial) round(ctx context.Context, w *writers, round int) error {
	cells := rand.New(rand.NewPCG(t.Seed, uint64(round))).Perm(len(t.Cells))
	for at, cell := range cells {
		if (round+cell)%max(1, t.Cells[cell].Every) != 0 {
			continue
		}
		for i, side := range t.order(round, cell) {
			t.progress(w, round, at*len(sides)+i, t.Cells[cell])
			if err := t.sample(ctx, w, round, side, t.Cells[cell]); err != nil {
				return err
			}
		}
	}
	return nil
}

// orders are all in which three sides can be measured.
var orders = [6][3]int{{0, 1, 2}, {2, 1, 0}, {1, 0, 2}, {2, 0, 1}, {0, 2, 1}, {1, 2, 0}}

// order is that of a cell in a round.
func (t Trial) order(round, cell int) [3]int {
	six, place := (round-1)/len(orders), (round-1)%len(orders)
	drawn := rand.New(rand.NewPCG(t.Seed, uint64(six)<<32|uint64(cell)|1<<63)).Perm(len(orders))
	return orders[drawn[place]]
}

// sample measures one side of a cell. A sample that fails is noted, and its round
// counts for nothing: the error is about the trial only.
func (t Trial) sample(ctx context.Context, w *writers, round, side int, cell bench.Cell) error {
	names, err := t.Measurer.Names(cell)
	if err != nil {
		return err
	}
	version := []Version{t.Base, t.Head, t.Base}[side]
	m, err := t.Measurer.Measure(ctx, version.Binary, cell, version.Flags...)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w.done++
	w.spent += m.Took + m.Waited
	if err == nil {
		err = w.of[side].Fits(m.Results)
	}
	if err != nil {
		w.last[side] = err // the journal has it
	} else if lost := w.of[side].Append(round, false, m.Results); lost != nil {
		return bench.Environment(lost) // and no note of a sample that is not there
	} else {
		w.good[side]++
	}
	if err := w.of[side].Note(m.Entries(round, false, names, err)...); err != nil {
		return bench.Environment(err)
	}
	return nil
}

func (t Trial) progress(w *writers, round, in int, cell bench.Cell) {
	if t.Progress == nil {
		return
	}
	each := len(t.Cells) * len(sides) // at most: cells that are not due are done at once
	look := t.Looks[slices.IndexFunc(t.Looks, func(l Look) bool { return round <= l.Rounds })]
	total, left := look.Rounds*each, time.Duration(0)
	if w.done > 0 {
		left = w.spent / time.Duration(w.done) * time.Duration(total-w.done)
	}
	t.Progress(bench.Progress{
		Step: fmt.Sprintf("round %d of %d, or more if they cannot tell: %s", round, look.Rounds, cell),
		Done: (round-1)*each + in, Total: total, Left: left,
	})
}

// writers write the three runs of a trial.
type writers struct {
	dir   string
	of    [3]*samples.Writer
	done  int
	spent time.Duration
	good  [3]int   // samples
	last  [3]error // of those that are not
}

// allFailed says that a side has not had a single sample, and why: more rounds would
// not help. A version from before a flag that the benchmarks are given is such a one.
func (w *writers) allFailed() error {
	for side, n := range w.good {
		if n == 0 && w.last[side] != nil {
			return fmt.Errorf("%s cannot be measured, each of its benchmarks failed: %w", sides[side], w.last[side])
		}
	}
	return nil
}

// create makes the folders, all of them or none. Each run tells which comparison it
// belongs to, and which side of it it is, so that [Open] can put them together again.
func (t Trial) create() (_ *writers, err error) {
	if err := os.MkdirAll(filepath.Dir(t.Dir), 0o777); err != nil {
		return nil, err
	}
	if err := os.Mkdir(t.Dir, 0o777); err != nil { // what is there is somebody's
		return nil, err
	}
	w := &writers{dir: t.Dir}
	defer func() {
		if err != nil {
			w.close()
			os.RemoveAll(t.Dir)
		}
	}()
	var looks []string
	for _, l := range t.Looks {
		looks = append(looks, fmt.Sprintf("%d:%g", l.Rounds, l.Alpha))
	}
	for i, v := range []Version{t.Base, t.Head, t.Base} {
		dir := filepath.Join(t.Dir, sides[i])
		if err := os.Mkdir(dir, 0o777); err != nil {
			return nil, err
		}
		setting := func(key, value string) benchfmt.Config {
			return benchfmt.Config{Key: key, Value: []byte(value), File: true}
		}
		config := t.Measurer.Config(v.Binary,
			setting("comparison", filepath.Base(t.Dir)), setting("side", sides[i]),
			setting("looks", strings.Join(looks, ",")), setting("order-seed", fmt.Sprint(t.Seed)),
			setting("margin", fmt.Sprint(cmp.Or(t.Margin, Config{}.gate().Margin))))
		if t.Changed {
			config = append(config, setting("benchmarks", "changed"))
		}
		if len(v.Flags) > 0 {
			config = append(config, setting("flags", strings.Join(v.Flags, " ")))
		}
		// It is not known how many there will be: to end early is no lack.
		config = slices.DeleteFunc(config, func(c benchfmt.Config) bool { return c.Key == "rounds" })
		if w.of[i], err = samples.Create(dir, config); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *writers) read() (*Stored, error) { return Open(w.dir) }

func (w *writers) end() error {
	return errors.Join(w.of[0].End(), w.of[1].End(), w.of[2].End())
}

func (w *writers) close() {
	for _, of := range w.of {
		if of != nil {
			of.Close()
		}
	}
}
