package levels_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

// What stands around a level keeps the promises that the level inside keeps.
func TestConformanceOfLevelsAround(t *testing.T) {
	for name, around := range map[string]func(levels.Level) levels.Level{
		"retry":   func(l levels.Level) levels.Level { return &levels.Retry{Level: l} },
		"timeout": func(l levels.Level) levels.Level { return &levels.Timeout{Level: l, For: time.Minute} },
		"limit":   func(l levels.Level) levels.Level { return &levels.Limit{Level: l, Tasks: 7} },
		"all": func(l levels.Level) levels.Level {
			return &levels.Retry{Level: &levels.Timeout{Level: &levels.Limit{Level: l}}}
		},
		"on": func(l levels.Level) levels.Level {
			funcs := levels.Funcs{}
			for name := range leveltest.Funcs() {
				funcs[name] = levels.On(l, name)
			}
			return both{async.New(async.Config{Funcs: funcs}), l}
		},
	} {
		t.Run(name, func(t *testing.T) {
			leveltest.Suite{Open: func(testing.TB) levels.Level {
				return around(async.New(async.Config{Funcs: leveltest.Funcs(), InFlight: 16}))
			}}.Run(t)
		})
	}
}

// both is a level that has another one closed with it.
type both struct {
	levels.Level
	inside levels.Level
}

func (b both) Close() error { return errors.Join(b.Level.Close(), b.inside.Close()) }

// A batch that takes too long fails where it is not done, and where it is, it is.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		funcs := levels.Funcs{"wait": func(ctx context.Context, input []byte) ([]byte, error) {
			select {
			case <-time.After(time.Duration(input[0]) * time.Second):
				return input, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}}
		l := &levels.Timeout{Level: async.New(async.Config{Funcs: funcs}), For: 3 * time.Second}
		defer l.Close()
		start := time.Now()
		results := l.Run(t.Context(), []levels.Task{{Func: "wait", Input: []byte{1}}, {Func: "wait", Input: []byte{60}}})
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("it took %v, want 3s", took)
		}
		if results[0].Err != nil {
			t.Errorf("the quick task: %v", results[0].Err)
		}
		if err := results[1].Err; !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), "batch was not done within 3s") {
			t.Errorf("the slow task: %v", err)
		}
	})
}

// However many calls overlap, no more tasks than allowed are inside, and all of those.
func TestLimit(t *testing.T) {
	const most = 5
	var inside, peak atomic.Int32
	full := make(chan struct{})
	meet := sync.OnceFunc(func() { close(full) })
	funcs := levels.Funcs{"hold": func(context.Context, []byte) ([]byte, error) {
		n := inside.Add(1)
		for p := peak.Load(); n > p && !peak.CompareAndSwap(p, n); p = peak.Load() {
		}
		if n >= most {
			meet() // the first five
		}
		<-full
		inside.Add(-1)
		return nil, nil
	}}
	l := &levels.Limit{Level: async.New(async.Config{Funcs: funcs}), Tasks: most}
	var calls sync.WaitGroup
	for n := range 8 {
		calls.Go(func() {
			for _, r := range l.Run(t.Context(), make([]levels.Task, n)) {
				if r.Err == nil {
					t.Error("a task without a function has no error")
				}
			}
			for _, r := range l.Run(t.Context(), slicesOf("hold", 3*n)) {
				if r.Err != nil {
					t.Error(r.Err)
				}
			}
		})
	}
	calls.Wait()
	if got := peak.Load(); got != most {
		t.Errorf("%d tasks were inside at once, want %d", got, most)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}

// No more tasks wait than may: the others are turned away at once, and nothing else is.
func TestLimitIsFull(t *testing.T) {
	const inside, waiting = 2, 3
	hold := make(chan struct{})
	l := &levels.Limit{Tasks: inside, Waiting: waiting, Level: async.New(async.Config{Funcs: levels.Funcs{
		"hold": func(context.Context, []byte) ([]byte, error) { <-hold; return nil, nil },
	}})}
	var calls sync.WaitGroup
	end := sync.OnceFunc(func() { close(hold) })
	var fine, full atomic.Int32
	for range 40 {
		calls.Go(func() {
			switch err := l.Run(t.Context(), slicesOf("hold", 1))[0].Err; {
			case err == nil:
				fine.Add(1)
			case errors.Is(err, levels.ErrFull):
				full.Add(1)
				if n := l.Depth(); n != inside+waiting {
					t.Errorf("turned away from %d tasks, want %d", n, inside+waiting)
				}
			default:
				t.Error(err)
			}
			if full.Load() == 40-inside-waiting {
				end() // of all
			}
		})
	}
	calls.Wait()
	if fine.Load() != inside+waiting || full.Load() != 40-inside-waiting || l.Depth() != 0 {
		t.Errorf("%d ran and %d were turned away, %d left", fine.Load(), full.Load(), l.Depth())
	}
	for _, r := range l.Run(t.Context(), slicesOf("hold", 2*(inside+waiting))) { // too many, but alone
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	l.Close()
}

// A task that takes its caller along leaves its place to the next.
func TestLimitOutlivesACall(t *testing.T) {
	l := &levels.Limit{Tasks: 1, Level: &levels.Serial{Funcs: levels.Funcs{
		"panic": func(context.Context, []byte) ([]byte, error) { panic("ouch") },
		"exit":  func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
		"fine":  func(context.Context, []byte) ([]byte, error) { return nil, nil },
	}}}
	for _, name := range []string{"panic", "exit", "fine"} {
		var calling sync.WaitGroup
		calling.Add(1)
		go func() { // and not calling.Go, which lets no panic be recovered
			defer calling.Done()
			defer func() { recover() }()
			l.Run(t.Context(), slicesOf(name, 1))
		}()
		calling.Wait()
	}
}

func slicesOf(name string, n int) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i].Func = name
	}
	return tasks
}
