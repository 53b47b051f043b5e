package compare

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// A fake measures nothing: a binary is as slow as its flags say.
type fake struct {
	random *rand.Rand
	noise  float64
	slow   map[string]float64 // by flag
	seen   []string           // binaries and flags, in the order that they were measured
	fail   func(seen int, flags []string) error
}

func (f *fake) Names(c bench.Cell) ([]string, error) {
	return []string{named(c.Spec[0].Level, c.Work)}, nil
}

func (f *fake) Config(bin *bench.Binary, more ...benchfmt.Config) (config []benchfmt.Config) {
	for line := range strings.Lines(circumstances + "rounds: 6\ncommit: " + bin.Commit + "\n") {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		config = append(config, benchfmt.Config{Key: key, Value: []byte(value), File: true})
	}
	return append(config, more...)
}

func (f *fake) Measure(_ context.Context, bin *bench.Binary, c bench.Cell, more ...string) (*bench.Measured, error) {
	f.seen = append(f.seen, bin.Commit+strings.Join(more, ""))
	if f.fail != nil {
		if err := f.fail(len(f.seen), more); err != nil {
			return &bench.Measured{}, err
		}
	}
	cpu := 1000 * math.Exp(f.noise*f.random.NormFloat64())
	for _, flag := range more {
		cpu *= f.slow[flag]
	}
	names, _ := f.Names(c)
	return &bench.Measured{Results: []*benchfmt.Result{{
		Name: benchfmt.Name(names[0] + "-2"), Iters: 1, Values: []benchfmt.Value{{Value: cpu, Unit: "cpu-ns/op"}, {Value: 7, Unit: "checksum"}},
	}}}, nil
}

func newTrial(t *testing.T, f *fake, flags ...string) Trial {
	t.Helper()
	var cells []bench.Cell
	for _, level := range []string{"thread", "async"} {
		cell, err := bench.NewCell("table", level, "cpu")
		if err != nil {
			t.Fatal(err)
		}
		cells = append(cells, cell)
	}
	return Trial{
		Measurer: f, Cells: cells, Seed: 1, Looks: Looks(10), Dir: filepath.Join(t.TempDir(), "comparison"),
		Base: Version{Binary: &bench.Binary{Commit: "old"}}, Head: Version{Binary: &bench.Binary{Commit: "new"}, Flags: flags},
	}
}

func newFake(noise float64) *fake {
	return &fake{random: rand.New(rand.NewPCG(5, 5)), noise: noise, slow: map[string]float64{"-slow": 1.1}}
}

// A trial ends as soon as it can tell: at the first look if all is well, at the second
// if something is slower, since ten rounds are too few to say so, and at the last if
// nothing can be told.
func TestTrialEndsWhenItCanTell(t *testing.T) {
	for _, test := range []struct {
		name   string
		noise  float64
		flags  []string
		want   Verdict
		rounds int
	}{
		{"the same", 0.01, nil, Pass, 10},
		{"slower", 0.01, []string{"-slow"}, Fail, 20},
		{"noisy", 0.5, nil, Inconclusive, 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(test.noise)
			trial := newTrial(t, f, test.flags...)
			r, err := trial.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if r.Verdict != test.want || r.Rounds != test.rounds || len(f.seen) != 6*test.rounds {
				t.Errorf("%s after %d rounds and %d samples, want %s after %d: %s", r.Verdict, r.Rounds, len(f.seen), test.want, test.rounds, r.Why)
			}
			stored, err := Open(trial.Dir)
			if err != nil {
				t.Fatal(err)
			}
			if again := stored.Compare(0, 0); again.Verdict != r.Verdict || again.Alpha != r.Alpha || len(again.Notes) != len(r.Notes) {
				t.Errorf("read again it is %s at %v: %q", again.Verdict, again.Alpha, again.Notes)
			}
			for _, run := range []*samples.Run{stored.Base, stored.Head, stored.Control} {
				if !run.Ended || run.Sealed != 2*test.rounds {
					t.Errorf("%s has %d samples, ended: %v", run.Dir, run.Sealed, run.Ended)
				}
			}
		})
	}
}

// In six rounds each order of the sides comes once, for each cell; and with another
// seed in another order.
func TestOrdersAreBalanced(t *testing.T) {
	first := map[uint64]string{}
	for seed := range uint64(4) {
		trial := Trial{Seed: seed}
		for cell := range 3 {
			seen := map[[3]int]int{}
			for round := 7; round <= 12; round++ {
				seen[trial.order(round, cell)]++
			}
			if len(seen) != 6 {
				t.Errorf("seed %d, cell %d: %v", seed, cell, seen)
			}
		}
		for round := 1; round <= 6; round++ {
			first[seed] += fmt.Sprint(trial.order(round, 0))
		}
	}
	if first[0] == first[1] && first[1] == first[2] {
		t.Error("all seeds have the same orders")
	}
}

// What need not be measured in each round is measured in as many as it asks for.
func TestTrialOfNowAndThen(t *testing.T) {
	f := newFake(0.01)
	trial := newTrial(t, f)
	trial.Cells[1].Every = 5
	if _, err := trial.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	stored, err := Open(trial.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range stored.Control.Cells {
		if want := map[string]int{"thread": 30, "async": 6}[c.Name.Level]; c.Rounds() != want {
			t.Errorf("%s was measured in %d rounds, want %d", c.Name.Level, c.Rounds(), want)
		}
	}
}

func TestTrialOfWhatCannotBeMeasured(t *testing.T) {
	f := newFake(0.01)
	f.fail = func(_ int, flags []string) error {
		if len(flags) > 0 {
			return errors.New("flag provided but not defined: -slow")
		}
		return nil
	}
	_, err := newTrial(t, f, "-slow").Run(t.Context())
	if err == nil || err.Error() != "head cannot be measured, each of its benchmarks failed: flag provided but not defined: -slow" {
		t.Errorf("have %v", err)
	}
	if len(f.seen) != 6 {
		t.Errorf("it tried %d times, want one round of 6", len(f.seen))
	}
}

// A sample that failed is in the journal, and its benchmark is refused.
func TestTrialWithAFault(t *testing.T) {
	f := newFake(0.01)
	f.slow["-same"] = 1
	failed := false
	f.fail = func(seen int, flags []string) error {
		if seen > 6 && len(flags) > 0 && !failed {
			failed = true
			return errors.New("1 workers died")
		}
		return nil
	}
	r, err := newTrial(t, f, "-same").Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict != Fail || !slices.ContainsFunc(r.Judged, func(row Row) bool { return row.Why == "head failed in round 2: 1 workers died" }) {
		t.Errorf("%s: %s: %+v", r.Verdict, r.Why, r.Judged)
	}
}

// What was measured before an interrupt stays; a folder without samples does not.
func TestTrialIsInterrupted(t *testing.T) {
	for _, after := range []int{1, 20} {
		ctx, cancel := context.WithCancelCause(t.Context())
		f := newFake(0.01)
		f.fail = func(seen int, _ []string) error {
			if seen == after {
				cancel(errors.New("enough"))
			}
			return nil
		}
		trial := newTrial(t, f)
		if _, err := trial.Run(ctx); err == nil || err.Error() != "enough" {
			t.Errorf("after %d: %v", after, err)
		}
		_, err := os.Stat(trial.Dir)
		if after == 1 && !os.IsNotExist(err) {
			t.Errorf("a comparison without samples left its folder: %v", err)
		}
		if after == 1 {
			continue
		}
		stored, err := Open(trial.Dir)
		if err != nil {
			t.Fatal(err)
		}
		r := stored.Compare(0, 0)
		if r.Verdict != Inconclusive || !slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "interrupted after 3 rounds") }) {
			t.Errorf("%s: %q", r.Verdict, r.Notes)
		}
	}
}

// What was measured for one margin is judged by it when it is read again, too.
func TestMarginIsStored(t *testing.T) {
	f := newFake(0.01)
	trial := newTrial(t, f, "-slow")
	trial.Margin = 0.2
	r, err := trial.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stored, err := Open(trial.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if again := stored.Compare(0, 0); r.Verdict != Pass || again.Verdict != Pass || again.Margin != 0.2 {
		t.Errorf("%s, and read again %s with a margin of %v", r.Verdict, again.Verdict, again.Margin)
	}
	if strict := stored.Compare(0.05, 0.05); strict.Margin != 0.05 {
		t.Errorf("asked for 0.05, it took %v", strict.Margin)
	}
}

// A folder that is there is somebody else's.
func TestTrialNeedsANewFolder(t *testing.T) {
	trial := newTrial(t, newFake(0.01))
	if err := os.Mkdir(trial.Dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := trial.Run(t.Context()); !errors.Is(err, os.ErrExist) {
		t.Errorf("have %v", err)
	}
	if _, err := os.Stat(trial.Dir); err != nil {
		t.Errorf("the folder of somebody else is gone: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	put := func(side, config string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, side), 0o777); err != nil {
			t.Fatal(err)
		}
		text := made{config: circumstances + config, rounds: 2, cells: []madeCell{{name: named("thread", "cpu"), cpu: 5}}}.text()
		if err := os.WriteFile(filepath.Join(dir, side, samples.File), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ base, head, want string }{
		{"", "", "do not say that they took turns"},
		{"comparison: x\nside: base\n", "comparison: y\nside: head\n", "do not say that they took turns"},
		{"comparison: x\nside: base\n", "comparison: x\nside: base\n", "do not say that they took turns"},
		{"comparison: x\nside: base\nlooks: ten\n", "comparison: x\nside: head\n", `looks are "ten"`},
		{"comparison: x\nside: base\nmargin: NaN\n", "comparison: x\nside: head\n", `margin is "NaN"`},
		{"comparison: x\nside: base\nlooks: 10:2\n", "comparison: x\nside: head\n", `looks are "10:2"`},
	} {
		put("base", test.base)
		put("head", test.head)
		if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q and %q: have %v, want %s", test.base, test.head, err, test.want)
		}
	}
	if _, err := Open(filepath.Join(dir, "nowhere")); err == nil {
		t.Error("nowhere was opened")
	}
}
