//go:build linux || darwin

package loop_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// Many callers hand over all kinds of tasks at once, and some lose patience. Whatever
// is done is done right.
func TestStorm(t *testing.T) {
	url, _ := serve(t, answerAll)
	other := async.New(async.Config{Funcs: levels.Funcs{"upper": upper}})
	defer other.Close()
	l := open(t, loop.Config{
		InFlight: 100,
		Async:    funcs(url, other),
		Funcs: levels.Funcs{"plain": upper, "leave": func(context.Context, []byte) ([]byte, error) {
			runtime.Goexit()
			return nil, nil
		}},
	})
	outputs := map[string]string{"timer": "later", "both": "/0+/1", "upper": "ABC", "plain": "ABC", "tie": "first", "leave": ""}
	var names []string
	for name := range outputs {
		names = append(names, name)
	}
	var callers sync.WaitGroup
	for caller := range 6 {
		callers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(caller), 7))
			for range 25 {
				tasks := make([]levels.Task, 1+rnd.IntN(300))
				for i := range tasks {
					tasks[i] = levels.Task{Func: names[rnd.IntN(len(names))], Input: []byte("abc")}
				}
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Duration(rnd.IntN(30))*time.Millisecond, errEnough)
				for i, r := range l.Run(ctx, tasks) {
					name := tasks[i].Func
					if r.Err == nil && (string(r.Output) != outputs[name] || name == "leave") ||
						r.Err != nil && name != "leave" && !errors.Is(r.Err, errEnough) {
						t.Errorf("%s: %q, %v", name, r.Output, r.Err)
					}
				}
				cancel()
			}
		})
	}
	callers.Wait()
	if r := l.Run(t.Context(), []levels.Task{{Func: "both"}})[0]; string(r.Output) != "/0+/1" {
		t.Errorf("after the storm: %q, %v", r.Output, r.Err)
	}
}
