//go:build linux || darwin

package loop_test

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

func open(tb testing.TB, c loop.Config) *loop.Level {
	tb.Helper()
	l, err := loop.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := l.Close(); err != nil {
			tb.Error(err)
		}
	})
	return l
}

func TestConformance(t *testing.T) {
	leveltest.Suite{Open: func(tb testing.TB) levels.Level {
		return open(tb, loop.Config{Funcs: leveltest.Funcs()})
	}}.Run(t)
}

func TestConformanceWithExecutor(t *testing.T) {
	leveltest.Suite{Open: func(tb testing.TB) levels.Level {
		executor := async.New(async.Config{Funcs: leveltest.Funcs()})
		tb.Cleanup(func() { executor.Close() })
		return open(tb, loop.Config{Executor: executor})
	}}.Run(t)
}
