package python_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/python"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

// promised are the functions of package leveltest, in Python.
const promised = `
import time

def pause(data):
    time.sleep(0.001)
    return data

def grow(data):
    n = int.from_bytes(data, "little")
    return (bytes(range(251)) * (n // 251 + 1))[:n]

def fail(data):
    raise ValueError(data.decode())

def touch(data):
    open(data, "w").close()

def hold(data):
    touch(data)
    while os.path.exists(data):
        time.sleep(0.001)
    return b"done"

def leave(data):
    os._exit(3)

FUNCS.update(echo=echo, pause=pause, grow=grow, fail=fail, touch=touch, hold=hold, exit=leave, goexit=sys.exit)
`

// A level in Python keeps the promises that one in Go keeps. How many tasks a
// batch may have is for the code in Go to say, and so is asked of one kind only:
// others take ten seconds for 100,000.
func TestConformance(t *testing.T) {
	need(t)
	python.WithScript(t, promised)
	for _, kind := range python.Kinds {
		t.Run(kind, func(t *testing.T) {
			suite := leveltest.Suite{Isolated: true, Open: func(tb testing.TB) levels.Level { return open(tb, kind, 2) }}
			for _, p := range leveltest.Promises() {
				if p.Name == "tiny" && kind != "asyncio" {
					continue
				}
				for name, how := range suite.Check(t, p.Name) {
					t.Errorf("%s: %v", name, how)
				}
			}
		})
	}
}

// The price of a kill: the tasks of other calls are lost too, and say so.
func TestCancelTakesOthersAlong(t *testing.T) {
	need(t)
	python.WithScript(t, promised)
	for _, kind := range []string{"threads", "processes"} { // asyncio holds one task at a time here
		l := open(t, kind, 2)
		ctx, cancel := context.WithCancelCause(t.Context())
		reason := errors.New("enough")
		mine, other := filepath.Join(t.TempDir(), "mine"), filepath.Join(t.TempDir(), "other")
		var results [2][]levels.Result
		var running sync.WaitGroup
		running.Go(func() { results[0] = l.Run(ctx, []levels.Task{{Func: "hold", Input: []byte(mine)}}) })
		running.Go(func() { results[1] = l.Run(t.Context(), []levels.Task{{Func: "hold", Input: []byte(other)}}) })
		for deadline := time.Now().Add(20 * time.Second); !exist(mine, other); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: two tasks do not run at once", kind)
			}
		}
		cancel(reason)
		running.Wait()
		if err := results[0][0].Err; !errors.Is(err, reason) {
			t.Errorf("%s: the cancelled task: %v, want the cause of its ctx", kind, err)
		}
		if err := results[1][0].Err; !errors.Is(err, levels.ErrLost) {
			t.Errorf("%s: the task beside it: %v, want ErrLost", kind, err)
		}
	}
}

func exist(paths ...string) bool {
	return !slices.ContainsFunc(paths, func(path string) bool {
		_, err := os.Stat(path)
		return err != nil
	})
}
