//go:build linux || darwin

package loop_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// A Func that blocks on the loop holds up a timer that is due. With an Executor it
// does not: this one even waits for the timer.
func TestBlockingFunc(t *testing.T) {
	const delay = 5 * time.Millisecond
	for _, executor := range []bool{false, true} {
		var order []string // on the loop, it needs no lock
		due, fired := make(chan time.Time, 1), make(chan bool)
		funcs := levels.Funcs{"block": func(context.Context, []byte) ([]byte, error) {
			if executor {
				<-fired
				return nil, nil
			}
			for at := <-due; !time.Now().After(at); {
				time.Sleep(delay)
			}
			order = append(order, "block ends")
			return nil, nil
		}}
		c := loop.Config{Funcs: funcs, Async: map[string]loop.Func{"timer": func(c *loop.Call) {
			due <- time.Now().Add(delay)
			c.After(delay, func() {
				order = append(order, "timer")
				close(fired)
				c.Done(nil, nil)
			})
		}}}
		if executor {
			other := async.New(async.Config{Funcs: funcs})
			defer other.Close()
			c.Executor = other
		}
		l := open(t, c)
		for _, r := range l.Run(t.Context(), []levels.Task{{Func: "timer"}, {Func: "block"}}) {
			if r.Err != nil {
				t.Error(r.Err)
			}
		}
		want := "block ends, timer"
		if executor {
			want = "timer"
		}
		if got := strings.Join(order, ", "); got != want {
			t.Errorf("executor %v: %s, want %s", executor, got, want)
		}
	}
}

// What is handed over waits in a few goroutines, however many tasks they are.
func TestHandOverIsBounded(t *testing.T) {
	const hands, slice = 16, 2
	var running atomic.Int64
	release := make(chan bool)
	executor := async.New(async.Config{Funcs: levels.Funcs{"wait": func(_ context.Context, input []byte) ([]byte, error) {
		running.Add(1)
		<-release
		return input, nil
	}}})
	defer executor.Close()
	l := open(t, loop.Config{Executor: executor, InFlight: hands*slice + 8})
	tasks := make([]levels.Task, 1000)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "wait", Input: fmt.Append(nil, i)}
	}
	var calling sync.WaitGroup
	var results []levels.Result
	calling.Go(func() { results = l.Run(context.Background(), tasks) })
	eventually(t, "all hands are full", func() bool { return running.Load() >= hands*slice })
	l.Open() // the loop has had another turn
	if n := strings.Count(stacks(), "(*loop).carry("); n != hands {
		t.Errorf("%d goroutines wait for the Executor, want %d", n, hands)
	}
	close(release)
	calling.Wait()
	for i, r := range results {
		if err := check(r, fmt.Sprint(i), ""); err != nil {
			t.Fatal(err)
		}
	}
}
