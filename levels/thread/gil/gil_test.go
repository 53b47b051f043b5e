package gil_test

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
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

func open(tb testing.TB, c gil.Config) levels.Level {
	tb.Helper()
	l, err := gil.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// calls returns n tasks for one function.
func calls(name string, n int) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i].Func = name
	}
	return tasks
}

// run fails the test for each task that fails.
func run(t *testing.T, l levels.Level, tasks []levels.Task) {
	t.Helper()
	for i, r := range l.Run(t.Context(), tasks) {
		if r.Err != nil {
			t.Errorf("task %d (%s): %v", i, tasks[i].Func, r.Err)
		}
	}
}

// A Func that waits with the lock holds all up, so the suite tells whether they wait
// for each other: it knows which of its functions wait, and here they say so.
func TestConformance(t *testing.T) {
	for _, waits := range [][]string{{"hold", "pause"}, nil} {
		t.Run(strings.Join(waits, "+"), func(t *testing.T) {
			leveltest.Suite{Open: func(tb testing.TB) levels.Level {
				return open(tb, gil.Config{Funcs: leveltest.Funcs(), Waits: waits})
			}}.Run(t)
		})
	}
}

// Never do two Funcs have the lock, though they check and wait all the time. The
// race detector looks too: count is guarded by nothing else.
func TestOneAtATime(t *testing.T) {
	count, inside := 0, atomic.Int32{}
	enter := func() {
		if n := inside.Add(1); n != 1 {
			t.Errorf("%d Funcs at once have the lock", n)
		}
		count++
	}
	leave := func() { inside.Add(-1) }
	l := open(t, gil.Config{Threads: 4, Switch: 10 * time.Microsecond, Funcs: levels.Funcs{
		"work": func(ctx context.Context, _ []byte) ([]byte, error) {
			enter()
			for range 20 {
				leave()
				err := ctx.Err() // a check: others may have their turn in here
				enter()
				if err != nil {
					return nil, err
				}
			}
			leave()
			gil.Release(ctx, runtime.Gosched)
			enter()
			leave()
			return nil, nil
		},
	}})
	defer l.Close()
	run(t, l, calls("work", 300))
	if count != 300*22 {
		t.Errorf("counted %d steps, want %d", count, 300*22)
	}
}

// Waits overlap: all tasks are in theirs before the first may leave it.
func TestWaitsOverlap(t *testing.T) {
	const n = 16
	var in sync.WaitGroup
	meet := func() { in.Done(); in.Wait() }
	l := open(t, gil.Config{Threads: n, Waits: []string{"named"}, Funcs: levels.Funcs{
		"named":   func(context.Context, []byte) ([]byte, error) { meet(); return nil, nil },
		"release": func(ctx context.Context, _ []byte) ([]byte, error) { gil.Release(ctx, meet); return nil, nil },
		"derived": func(ctx context.Context, _ []byte) ([]byte, error) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			gil.Release(ctx, func() { gil.Release(ctx, meet) }) // the inner one does nothing
			return nil, nil
		},
	}})
	defer l.Close()
	for _, name := range []string{"named", "release", "derived"} {
		in.Add(n)
		run(t, l, calls(name, n))
	}
}

// Without a lock Release only calls.
func TestReleaseWithoutALock(t *testing.T) {
	called := 0
	gil.Release(t.Context(), func() { called++ })
	if called != 1 {
		t.Errorf("f was called %d times", called)
	}
}

// However a wait ends, the thread has the lock again, and gives it up in the end.
func TestWaitsThatDoNotReturn(t *testing.T) {
	l := open(t, gil.Config{Threads: 4, Waits: []string{"exit", "panic"}, Funcs: levels.Recover(levels.Funcs{
		"exit":  func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
		"panic": func(context.Context, []byte) ([]byte, error) { panic("ouch") },
		"fine":  func(context.Context, []byte) ([]byte, error) { return nil, nil },
	})})
	defer l.Close()
	tasks := calls("fine", 999)
	for i := range tasks {
		tasks[i].Func = []string{"fine", "exit", "panic"}[i%3]
	}
	for i, r := range l.Run(t.Context(), tasks) {
		if (r.Err == nil) != (i%3 == 0) {
			t.Errorf("task %d (%s): %v", i, tasks[i].Func, r.Err)
		}
	}
}

func TestUnknownWait(t *testing.T) {
	_, err := gil.New(gil.Config{Waits: []string{"fetch"}})
	if err == nil || err.Error() != `gil: no function is called "fetch", as Waits says` {
		t.Errorf("error is %v", err)
	}
}

// busy computes in steps until ctx ends, and asks after each. In a bubble of
// synctest a step takes its time without the processor.
func busy(step time.Duration) levels.Func {
	return func(ctx context.Context, _ []byte) ([]byte, error) {
		for ctx.Err() == nil {
			time.Sleep(step)
		}
		return nil, nil
	}
}

// The convoy: beside one thread that computes, a wait of 1 ms takes 6 ms, because
// each return from it costs the interval. This is no measurement: time in a bubble
// goes on only while all sleep, and to the nanosecond.
func TestConvoy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const step = 10 * time.Microsecond
		l := open(t, gil.Config{Threads: 2, Waits: []string{"wait"}, Funcs: levels.Funcs{
			"busy": busy(step),
			"wait": func(context.Context, []byte) ([]byte, error) { time.Sleep(time.Millisecond); return nil, nil },
		}})
		defer l.Close()
		waits := func() time.Duration {
			begin := time.Now()
			run(t, l, calls("wait", 100))
			return time.Since(begin)
		}
		if took := waits(); took != 50*time.Millisecond {
			t.Errorf("on two threads, alone, 100 waits took %v, want 50 ms", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var beside sync.WaitGroup
		beside.Go(func() { l.Run(ctx, calls("busy", 1)) })
		synctest.Wait()
		const want = (5 + 100*(1+5)) * time.Millisecond // the interval before the first, and after each
		if took := waits(); took < want || took > want+101*2*step {
			t.Errorf("beside a busy thread 100 waits took %v, want %v and a step or two for each", took, want)
		}
		cancel()
		beside.Wait()
	})
}

// A Func that never asks holds the lock to its end, whoever waits.
func TestRude(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin, began := time.Now(), make([]time.Duration, 0, 2)
		l := open(t, gil.Config{Threads: 2, Funcs: levels.Funcs{
			"rude": func(context.Context, []byte) ([]byte, error) {
				began = append(began, time.Since(begin))
				time.Sleep(time.Second)
				return nil, nil
			},
		}})
		defer l.Close()
		run(t, l, calls("rude", 2))
		if began[0] != 0 || began[1] != time.Second {
			t.Errorf("tasks of a second that do not ask began at %v", began)
		}
	})
}

// A ctx under a lock ends as its parent does, with the same cause.
func TestCause(t *testing.T) {
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	l := open(t, gil.Config{Funcs: levels.Funcs{
		"end": func(ctx context.Context, _ []byte) ([]byte, error) {
			child, stop := context.WithCancel(ctx)
			defer stop()
			cancel(enough)
			<-child.Done()
			return nil, errors.Join(context.Cause(ctx), context.Cause(child))
		},
	}})
	defer l.Close()
	if r := l.Run(ctx, calls("end", 1)); r[0].Err == nil || r[0].Err.Error() != "enough\nenough" {
		t.Errorf("error is %v", r[0].Err)
	}
}

// Of 100,000 tasks, 1 % each end their goroutine, panic, and block without the lock
// until they are cancelled.
func TestAllFaults(t *testing.T) {
	l, err := gil.New(gil.Config{Funcs: levels.Recover(leveltest.Faulty()), Threads: 24, Waits: []string{"block"}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := leveltest.Faults(t.Context(), l, 100, true); err != nil {
		t.Error(err)
	}
}
