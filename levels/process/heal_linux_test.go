package process_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

var healFor = flag.Duration("heal", 0, "how long TestHeals kills workers at each transport, and wants the pool whole again within 50 ms at p99; 0 means a second, and in whatever time")

// Of four workers one is killed each 50 ms. No task is lost, none runs twice unless its
// caller wants it, and the pool is soon whole again.
func TestHeals(t *testing.T) {
	for _, transport := range channels {
		t.Run(transport, func(t *testing.T) {
			w := newWard(t)
			if *healFor > 0 {
				w.lasting, w.within = *healFor, 50*time.Millisecond
			}
			w.open(process.Config{Transport: transport})
			w.play(t)
			t.Logf("%-6s %v", transport, w)
			for _, broken := range w.verdict(t) {
				t.Error(broken)
			}
		})
	}
}

// The same check catches pools that do it wrong.
func TestHealsHasTeeth(t *testing.T) {
	for name, twin := range map[string]struct {
		open func(w *ward)
		says string
	}{
		"the dead are not replaced":        {vacant, "not whole again"},
		"what was lost is run once more":   {repeating, "ran more often than"},
		"the answer before is told again":  {parroting, "have another's answer"},
		"what was lost is said to be done": {silent, "have no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWard(t)
			w.lasting, w.patience = 500*time.Millisecond, time.Second
			twin.open(w)
			w.play(t)
			if found := w.verdict(t); !slices.ContainsFunc(found, func(s string) bool { return strings.Contains(s, twin.says) }) {
				t.Errorf("%q is not among what was found: %q", twin.says, found)
			}
		})
	}
}

// newWard is a check of the usual length.
func newWard(t *testing.T) *ward {
	w := &ward{
		ledger:  filepath.Join(t.TempDir(), "ledger"),
		lasting: time.Second, least: 10, patience: start,
		seen: map[uint64]bool{}, given: map[uint64]int{},
	}
	t.Cleanup(func() { w.level.Close() }) // what one says that was killed is no news
	return w
}

// open opens a pool of four that write into the ledger.
func (w *ward) open(c process.Config, env ...string) {
	c.Processes, c.Env = beds, append(append(os.Environ(), ledgerFile+"="+w.ledger), env...)
	w.level = process.New(c)
}

const seatsFile = "PROCESS_TEST_SEATS"

// vacant replaces nobody: there are seats for four workers, and who finds them taken leaves.
func vacant(w *ward) {
	w.least = beds // there are no more to kill
	w.open(process.Config{Command: []string{os.Args[0]}}, role+"=takes a seat", seatsFile+"="+w.ledger+".seat")
}

func init() {
	moreRoles["takes a seat"] = func() {
		for i := range beds {
			f, err := os.OpenFile(fmt.Sprint(os.Getenv(seatsFile), i), os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, os.ErrExist) {
				continue
			}
			f.Close()
			process.ServeStdio(context.Background(), &levels.Serial{Funcs: funcs()})
			return
		}
		os.Exit(1)
	}
}

// repeating runs what was lost once more, and does not tell.
func repeating(w *ward) {
	w.open(process.Config{})
	w.level = &levels.Retry{Level: w.level}
}

// parroting tells whoever was lost what its neighbour was told.
func parroting(w *ward) {
	w.open(process.Config{})
	w.level = altered{w.level, func(results []levels.Result, i int) { results[i] = results[(i+1)%len(results)] }}
}

// silent says of what was lost that all is well.
func silent(w *ward) {
	w.open(process.Config{})
	w.level = altered{w.level, func(results []levels.Result, i int) { results[i] = levels.Result{} }}
}

// An altered level says something else of the tasks that were lost.
type altered struct {
	levels.Level
	alter func(results []levels.Result, i int)
}

// Run implements [levels.Level].
func (a altered) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	results := a.Level.Run(ctx, tasks)
	for i, r := range slices.Backward(results) {
		if errors.Is(r.Err, levels.ErrLost) {
			a.alter(results, i)
		}
	}
	return results
}
