package leveltest_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

// A good level keeps every promise that does not take a process of its own: for
// each Run, four goroutines claim its tasks one by one.
type good struct {
	funcs levels.Funcs
	gate  levels.Gate
}

func newGood() *good { return &good{funcs: leveltest.Funcs()} }

var errGoexit = errors.New("the task ended its goroutine")

func (g *good) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !g.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer g.gate.Leave()
	results := levels.Failed(len(tasks), errGoexit) // until the task returns
	var next atomic.Int64
	var workers sync.WaitGroup
	var work func()
	work = func() {
		ended := false
		defer func() {
			if !ended {
				workers.Go(work) // in place of this goroutine, which a task ended
			}
		}()
		for i := int(next.Add(1) - 1); i < len(tasks); i = int(next.Add(1) - 1) {
			results[i] = g.funcs.Do(ctx, tasks[i])
		}
		ended = true
	}
	for range 4 {
		workers.Go(work)
	}
	workers.Wait()
	return results
}

func (g *good) Close() error { return g.gate.Close() }

// A mortal level plays the death of its worker: who calls exit is lost.
type mortal struct{ *good }

func (m mortal) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	tasks, died := disarm(tasks)
	results := m.good.Run(ctx, tasks)
	for i := range results {
		if died[i] {
			results[i] = levels.Result{Err: levels.ErrLost}
		}
	}
	return results
}

// disarm returns tasks with echo in place of exit, and where that was.
func disarm(tasks []levels.Task) (harmless []levels.Task, died map[int]bool) {
	harmless, died = append(harmless, tasks...), map[int]bool{}
	for i, t := range tasks {
		if t.Func == "exit" {
			harmless[i].Func, died[i] = "echo", true
		}
	}
	return harmless, died
}
