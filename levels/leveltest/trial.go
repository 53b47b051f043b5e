package leveltest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A trial is one level, on trial for one promise.
type trial struct {
	Suite // with the Patience that 0 means
	level levels.Level
	ctx   context.Context // of the trial; Run gets it where the promise has no other
	path  string          // of the file that held tasks leave
}

// A breach says which promise a level broke, and how.
type breach struct {
	promise Promise
	how     error
}

// label marks the goroutines of a trial: whoever is started by a goroutine with
// a label inherits it. The value is the trial's folder, so that tests and
// trials may run side by side.
const label = "leveltest"

// try checks p on a fresh level, and what every level has to keep in the end.
func (s Suite) try(tb testing.TB, p Promise) (b *breach) {
	tb.Helper()
	if s.Patience <= 0 {
		s.Patience = time.Minute
	}
	dir, err := os.MkdirTemp("", "leveltest-")
	if err != nil {
		tb.Fatal(err)
	}
	defer os.RemoveAll(dir)
	pprof.Do(tb.Context(), pprof.Labels(label, dir), func(ctx context.Context) {
		b = s.tryIn(ctx, tb, p, dir)
	})
	if b != nil {
		return b // the goroutines of a hanging level are no news
	}
	if err := vacated(dir, s.Patience); err != nil {
		return &breach{promise("goroutines"), fmt.Errorf("after %s: %w", p.Name, err)}
	}
	return nil
}

// tryIn opens the level, checks p, and closes the level.
func (s Suite) tryIn(ctx context.Context, tb testing.TB, p Promise, dir string) *breach {
	scope := newScope(tb)
	defer scope.end()
	t := &trial{Suite: s, level: s.Open(scope), ctx: ctx, path: filepath.Join(dir, "held")}
	broken := p.keep(t)
	os.RemoveAll(dir) // lets go of the tasks that a level holds on to
	closed := t.close().wait()
	switch {
	case broken != nil:
		return &breach{p, broken}
	case closed != nil:
		return &breach{promise("close"), fmt.Errorf("after %s: %w", p.Name, closed)}
	}
	return nil
}

// vacated waits until no goroutine of the trial is left, but not longer than
// patience. It does not see goroutines born of a timer, which have no label.
func vacated(dir string, patience time.Duration) error {
	stop := time.After(patience)
	for {
		left := goroutines(dir)
		if len(left) == 0 {
			return nil
		}
		select {
		case <-stop:
			return fmt.Errorf("goroutines are left:\n%s", strings.Join(left, "\n\n"))
		case <-time.After(time.Millisecond):
		}
	}
}

// goroutines returns the stacks of those that carry the label of a trial.
func goroutines(dir string) []string {
	var profile strings.Builder
	pprof.Lookup("goroutine").WriteTo(&profile, 1)
	mark := fmt.Sprintf("%q:%q", label, dir)
	var stacks []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, mark) && !strings.Contains(stack, "os/signal.loop") { // that one lasts as long as the program
			stacks = append(stacks, stack)
		}
	}
	return stacks
}

// A scope is a testing.TB that ends with a trial, not with the test.
type scope struct {
	testing.TB
	ctx      context.Context
	cancel   context.CancelFunc
	cleanups []func()
}

func newScope(tb testing.TB) *scope {
	ctx, cancel := context.WithCancel(tb.Context())
	return &scope{TB: tb, ctx: ctx, cancel: cancel}
}

func (s *scope) Context() context.Context { return s.ctx }
func (s *scope) Cleanup(f func())         { s.cleanups = append(s.cleanups, f) }

// end runs the cleanups, last first, as a test does: all of them, even if one
// of them ends the test.
func (s *scope) end() {
	s.cancel()
	for _, f := range s.cleanups {
		defer f()
	}
}
