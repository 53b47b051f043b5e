package thread_test

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/thread"
)

func TestConformance(t *testing.T) {
	leveltest.Suite{Open: func(testing.TB) levels.Level {
		return thread.New(thread.Config{Funcs: leveltest.Funcs()})
	}}.Run(t)
}
