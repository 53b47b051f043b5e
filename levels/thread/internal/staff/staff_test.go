package staff_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/thread/internal/staff"
)

func open(t *testing.T, c staff.Config, funcs levels.Funcs) *staff.Staff {
	t.Helper()
	c.Work = func(b *crew.Batch) {
		crew.Each(b, func(ctx context.Context, tasks []levels.Task, results []levels.Result) {
			crew.Do(ctx, funcs, tasks, results)
		})
	}
	s, err := staff.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func calls(name string, n int) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i].Func = name
	}
	return tasks
}

// However many calls overlap, each thread does one thing at a time, none is idle
// while a batch has tasks left, and who gives up waiting gets the reason.
func TestShares(t *testing.T) {
	release, began := make(chan bool), make(chan bool, 100)
	s := open(t, staff.Config{Threads: 3, Spin: time.Microsecond}, levels.Funcs{
		"hold": func(context.Context, []byte) ([]byte, error) { began <- true; <-release; return nil, nil },
	})
	var runs sync.WaitGroup
	for range 4 {
		runs.Go(func() {
			for i, r := range s.Run(context.Background(), calls("hold", 5)) {
				if r.Err != nil {
					t.Errorf("result %d: %v", i, r.Err)
				}
			}
		})
	}
	for range 3 { // all three work
		<-began
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	enough := errors.New("enough")
	gone := make(chan []levels.Result)
	runs.Go(func() { gone <- s.Run(ctx, calls("hold", 2)) })
	cancel(enough)
	for i, r := range <-gone { // nobody was free for them
		if !errors.Is(r.Err, enough) {
			t.Errorf("result %d: %v, want %v", i, r.Err, enough)
		}
	}
	if len(began) > 0 {
		t.Errorf("%d tasks run at the same time on three threads", 3+len(began))
	}
	close(release)
	runs.Wait()
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
}

// Nobody sleeps through a call: many callers at once, with batches of all sizes, on
// threads that spin, sleep and end.
func TestStorm(t *testing.T) {
	for _, c := range []staff.Config{{Threads: 1}, {Threads: 3}, {Threads: 3, Spin: 20 * time.Microsecond},
		{Threads: 3, Spin: time.Millisecond}, {Threads: 2, Help: true, Spin: 20 * time.Microsecond}} {
		t.Run(fmt.Sprintf("threads=%d/help=%v/spin=%v", c.Threads, c.Help, c.Spin), func(t *testing.T) {
			s := open(t, c, levels.Funcs{
				"fine": func(context.Context, []byte) ([]byte, error) { return nil, nil },
				"exit": func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
			})
			var callers sync.WaitGroup
			for range 4 {
				callers.Go(func() {
					for n := range 300 {
						tasks := calls("fine", n%40)
						if n%50 == 49 && !c.Help {
							tasks[n%40/2].Func = "exit"
						}
						for i, r := range s.Run(t.Context(), tasks) {
							if (r.Err == nil) != (tasks[i].Func == "fine") {
								t.Errorf("%d tasks: result %d (%s): %v", n%40, i, tasks[i].Func, r.Err)
							}
						}
					}
				})
			}
			callers.Wait()
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// With help a lone task runs in the goroutine of the caller, and may end it. What
// nobody had begun then is not run, and nothing is still running.
func TestHelpTakesTheCallAlong(t *testing.T) {
	ran := 0
	s := open(t, staff.Config{Threads: 1, Help: true}, levels.Funcs{
		"count": func(context.Context, []byte) ([]byte, error) { ran++; return nil, nil },
		"exit":  func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
	})
	returned := false
	var caller sync.WaitGroup
	caller.Go(func() {
		s.Run(t.Context(), append(calls("exit", 1), calls("count", 9)...))
		returned = true
	})
	caller.Wait()
	if returned {
		t.Error("a task ended its goroutine, which was the caller's, and the call returned")
	}
	before := ran
	for _, r := range s.Run(t.Context(), calls("count", 3)) {
		if r.Err != nil {
			t.Errorf("afterwards: %v", r.Err)
		}
	}
	if ran != before+3 {
		t.Errorf("3 tasks ran %d times", ran-before)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// The call that a task takes along ends when the other threads are done with it:
// nothing runs on behind the caller's back.
func TestHelpWaitsOnItsWayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		both, ended := new(sync.WaitGroup), false
		both.Add(2)
		s := open(t, staff.Config{Threads: 2, Help: true}, levels.Funcs{
			"meet": func(context.Context, []byte) ([]byte, error) {
				both.Done()
				both.Wait()
				if strings.Contains(string(debug.Stack()), "help") {
					runtime.Goexit() // the caller
				}
				time.Sleep(time.Second)
				ended = true
				return nil, nil
			},
		})
		var caller sync.WaitGroup
		caller.Go(func() { s.Run(t.Context(), calls("meet", 2)) })
		caller.Wait()
		if !ended {
			t.Error("the call is gone, and a task of it still runs")
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// In a bubble time stands still while somebody spins: a spin ends all the same.
func TestSpinInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, staff.Config{Threads: 2, Spin: time.Millisecond}, nil)
		begin := time.Now()
		time.Sleep(time.Hour) // the threads look for work
		if slept := time.Since(begin); slept != time.Hour {
			t.Errorf("an hour took %v", slept)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
