//go:build linux || darwin

package loop_test

import (
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

// Of 100,000 tasks, 1 % each end their goroutine, panic, and block until they are
// cancelled: on the loop, and on another level. On the loop the last must not be a Func,
// for that would block all.
func TestFaults(t *testing.T) {
	funcs := levels.Recover(leveltest.Faulty())
	executor := async.New(async.Config{Funcs: funcs})
	defer executor.Close()
	for name, c := range map[string]loop.Config{
		"on the loop": {Funcs: funcs, Async: map[string]loop.Func{
			"block": func(c *loop.Call) { c.After(time.Hour, func() { c.Done(nil, nil) }) },
		}},
		"by an executor": {Executor: executor},
	} {
		t.Run(name, func(t *testing.T) {
			if err := leveltest.Faults(t.Context(), open(t, c), 100, true); err != nil {
				t.Error(err)
			}
		})
	}
}
