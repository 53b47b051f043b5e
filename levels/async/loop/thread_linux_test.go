package loop_test

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// All that a loop runs, it runs on one thread, until a function ends that.
func TestOneThread(t *testing.T) {
	url, _ := serve(t, answerAll)
	thread := func() []byte { return fmt.Append(nil, unix.Gettid()) }
	l, err := loop.New(loop.Config{
		Funcs: levels.Funcs{
			"thread": func(context.Context, []byte) ([]byte, error) { return thread(), nil },
			"exit":   func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
		},
		Async: map[string]loop.Func{
			"async": func(c *loop.Call) { c.Done(thread(), nil) },
			"timer": func(c *loop.Call) { c.After(0, func() { c.Done(thread(), nil) }) },
			"fetch": func(c *loop.Call) { c.Fetch(url, func([]byte, error) { c.Done(thread(), nil) }) },
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var threads []string
	for range 3 {
		tasks := []levels.Task{{Func: "thread"}, {Func: "async"}, {Func: "timer"}, {Func: "fetch"}}
		results := l.Run(t.Context(), tasks)
		for i, r := range results {
			if r.Err != nil || string(r.Output) != string(results[0].Output) {
				t.Errorf("%s runs on thread %s, %v, and the first task on %s", tasks[i].Func, r.Output, r.Err, results[0].Output)
			}
		}
		threads = append(threads, string(results[0].Output))
		if r := l.Run(t.Context(), []levels.Task{{Func: "exit"}})[0]; r.Err == nil {
			t.Error("a task that ended its goroutine has no error")
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for _, id := range threads {
		if id == fmt.Sprint(os.Getpid()) {
			continue // the first thread of a program never ends; Go puts it to sleep
		}
		eventually(t, "thread "+id+" has ended", func() bool {
			_, err := os.Stat("/proc/self/task/" + id)
			return os.IsNotExist(err)
		})
	}
}

// Calls that come while the loop sleeps wake it, and one that comes at any other time
// is not forgotten.
func TestWakeUps(t *testing.T) {
	l := open(t, loop.Config{Funcs: levels.Funcs{"upper": upper}})
	done := make(chan error)
	for range 4 {
		go func() {
			for range 2000 {
				if err := check(l.Run(context.Background(), []levels.Task{{Func: "upper", Input: []byte("a")}})[0], "A", ""); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range 4 { // each of them
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
