package async_test

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

func TestConformance(t *testing.T) {
	leveltest.Suite{Open: func(testing.TB) levels.Level {
		return async.New(async.Config{Funcs: leveltest.Funcs()})
	}}.Run(t)
}
