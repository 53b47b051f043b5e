package leveltest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A twist is a good level with another Run, another Close, or both.
type twist struct {
	*good
	run   func(ctx context.Context, tasks []levels.Task) []levels.Result
	close func() error
}

func (t *twist) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if t.run == nil {
		return t.good.Run(ctx, tasks)
	}
	return t.run(ctx, tasks)
}

func (t *twist) Close() error {
	if t.close == nil {
		return t.good.Close()
	}
	return t.close()
}

// spoil returns a level that does all as it should, and then spoils the results.
func spoil(f func(tasks []levels.Task, results []levels.Result) []levels.Result) func(<-chan struct{}) levels.Level {
	return func(<-chan struct{}) levels.Level {
		g := newGood()
		return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
			return f(tasks, g.Run(ctx, tasks))
		}}
	}
}

func loses(tasks []levels.Task, results []levels.Result) []levels.Result {
	if len(results) > 2 {
		results[2] = levels.Result{}
	}
	return results
}

func swaps(tasks []levels.Task, results []levels.Result) []levels.Result {
	if n := len(results); n > 1 {
		results[n-1], results[n-2] = results[n-2], results[n-1]
	}
	return results
}

func sharesError(tasks []levels.Task, results []levels.Result) []levels.Result {
	var first error
	for i, r := range results {
		if r.Err != nil && first == nil {
			first = r.Err
		}
		if r.Err != nil {
			results[i].Err = first
		}
	}
	return results
}

func failsAll(tasks []levels.Task, results []levels.Result) []levels.Result {
	for _, r := range results {
		if r.Err != nil {
			return levels.Failed(len(results), r.Err)
		}
	}
	return results
}

// sendsText does what a wire does on which no error is the empty text, and on
// which a text ends with its line.
func sendsText(tasks []levels.Task, results []levels.Result) []levels.Result {
	for i, r := range results {
		if r.Err == nil {
			continue
		}
		results[i].Err = nil
		if line, _, _ := strings.Cut(r.Err.Error(), "\n"); line != "" {
			results[i].Err = errors.New(line)
		}
	}
	return results
}

// packs puts all outputs in one buffer, as one who reads a frame, and forgets
// that the caller may append to each.
func packs(tasks []levels.Task, results []levels.Result) []levels.Result {
	var all []byte
	for _, r := range results {
		all = append(all, r.Output...)
	}
	for i, r := range results {
		results[i].Output, all = all[:len(r.Output)], all[len(r.Output):]
	}
	return results
}

func cutsOutput(tasks []levels.Task, results []levels.Result) []levels.Result {
	for i, r := range results {
		results[i].Output = r.Output[:min(len(r.Output), 64<<10)]
	}
	return results
}

// takesEndForDone knows only results that came, and none for a Func that ended
// its goroutine.
func takesEndForDone(tasks []levels.Task, results []levels.Result) []levels.Result {
	for i, r := range results {
		if r.Err == errGoexit {
			results[i].Err = nil
		}
	}
	return results
}

// losesBeside loses what is beside a task whose error is of that kind.
func losesBeside(kind, loss error) func([]levels.Task, []levels.Result) []levels.Result {
	return func(tasks []levels.Task, results []levels.Result) []levels.Result {
		if !slices.ContainsFunc(results, func(r levels.Result) bool { return r.Err == kind }) {
			return results
		}
		for i, r := range results {
			if r.Err == nil {
				results[i] = levels.Result{Err: loss}
			}
		}
		return results
	}
}

func reusesResults(<-chan struct{}) levels.Level {
	g := newGood()
	var kept []levels.Result
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		kept = append(kept[:0], g.Run(ctx, tasks)...)
		return kept
	}}
}

// stubborn never accepts a failure.
func stubborn(stop <-chan struct{}) levels.Level {
	g := newGood()
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		results := g.Run(ctx, tasks)
		for i := range results {
			for results[i].Err != nil {
				select {
				case <-stop:
					return results
				case <-time.After(time.Millisecond):
					results[i] = g.Run(ctx, tasks[i:i+1])[0]
				}
			}
		}
		return results
	}}
}

// mixes runs the tasks of whoever called last.
func mixes(<-chan struct{}) levels.Level {
	g := newGood()
	var last atomic.Pointer[[]levels.Task]
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		last.Store(&tasks)
		g.Run(ctx, tasks)
		return g.Run(ctx, *last.Load())
	}}
}

// busy turns away who comes while it works.
func busy(<-chan struct{}) levels.Level {
	g := newGood()
	var working sync.Mutex
	return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
		if !working.TryLock() {
			return levels.Failed(len(tasks), errors.New("busy"))
		}
		defer working.Unlock()
		return g.Run(ctx, tasks)
	}}
}
