// Package leveltest holds a level to the promises of [levels.Level].
//
// A test of a level is a few lines:
//
//	func Test(t *testing.T) {
//		leveltest.Suite{Open: func(testing.TB) levels.Level {
//			return async.New(async.Config{Funcs: leveltest.Funcs()})
//		}}.Run(t)
//	}
//
// [Promises] lists what is asked. Each promise is checked on a level of its
// own, a hang is told from a slow answer by [Suite.Patience], and whatever the
// promise, the level must leave no goroutine behind.
package leveltest

import (
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A Suite says how to open the level under test, and what that level claims.
type Suite struct {
	// Open returns a fresh level, ready to run, whose workers know [Funcs]. The
	// suite closes it, ends tb.Context, and runs what was left to tb.Cleanup;
	// then no goroutine may be left of those that Open or the level started.
	Open func(tb testing.TB) levels.Level

	// Isolated says that the level outlives the death of a worker: a task that
	// calls os.Exit is lost, alone or with its batch, and nothing else is.
	Isolated bool

	// Inline says that tasks run in the goroutine of their call, as in
	// [levels.Serial]: one that calls runtime.Goexit takes the call along, or
	// its batch if the call came from afar, and nothing else.
	Inline bool

	Patience time.Duration // how long anything may take before it counts as hanging; 0 means a minute
}

// A Promise is one sentence of the contract, and the check that proves it.
type Promise struct {
	Name     string // of the subtest: one word
	Says     string // the sentence
	Isolated bool   // asked only of levels that claim to be

	keep func(*trial) error // nil, or how the level on trial breaks the promise
}

// Run checks each promise in a subtest of its name, one after another.
func (s Suite) Run(t *testing.T) {
	for _, p := range s.asked() {
		t.Run(p.Name, func(t *testing.T) {
			if b := s.try(t, p); b != nil {
				t.Errorf("%s: %v\npromise: %s", b.promise.Name, b.how, b.promise.Says)
			}
		})
	}
}

// Check checks the named promises, or all if none is named. It returns the
// broken ones by name, each with how it was broken; so a level keeps them all
// if the map is empty. Unlike [Suite.Run] it does not fail tb, unless Open does
// or the level is not asked for a promise of that name.
//
// Any check may show that close or goroutines is broken, for every level is
// closed in the end.
func (s Suite) Check(tb testing.TB, names ...string) map[string]error {
	tb.Helper()
	named := map[string]bool{}
	for _, name := range names {
		named[name] = true
	}
	broken := map[string]error{}
	for _, p := range s.asked() {
		if len(names) > 0 && !named[p.Name] {
			continue
		}
		delete(named, p.Name)
		if b := s.try(tb, p); b != nil && broken[b.promise.Name] == nil {
			broken[b.promise.Name] = b.how
		}
	}
	for name := range named {
		tb.Errorf("no promise called %q is asked of this level", name)
	}
	return broken
}

// asked returns the promises that fit what the level claims.
func (s Suite) asked() []Promise {
	var asked []Promise
	for _, p := range Promises() {
		if s.Isolated || !p.Isolated {
			asked = append(asked, p)
		}
	}
	return asked
}
