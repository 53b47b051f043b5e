package async_test

import (
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

func TestConformance(t *testing.T) {
	for _, variant := range async.Variants {
		t.Run(variant, func(t *testing.T) {
			leveltest.Suite{Open: func(testing.TB) levels.Level {
				return async.New(async.Config{Funcs: leveltest.Funcs(), Variant: variant})
			}}.Run(t)
		})
	}
}

func TestUnknownVariant(t *testing.T) {
	l := async.New(async.Config{Variant: "pol"})
	defer l.Close()
	r := l.Run(t.Context(), []levels.Task{{Func: "echo"}})[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), "\"pol\": take one of pool, semaphore, errgroup") {
		t.Errorf("err = %v, want the choices", r.Err)
	}
}
