//go:build linux || darwin

package loop_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/process"
)

// "Two kinds of concurrency at once, confusing but awesome": each task fetches a page
// and has it worked on in a process.
const (
	pages     = 16
	answering = 3 * time.Millisecond  // until a page comes
	working   = 12 * time.Millisecond // on each page, in one of four processes
)

// workerFuncs are those of the processes.
func workerFuncs() levels.Funcs {
	return levels.Funcs{"work": func(_ context.Context, page []byte) ([]byte, error) {
		time.Sleep(working) // whatever it is, it keeps the process
		return append([]byte("worked on "), page...), nil
	}}
}

// together are two ways to put a pool of processes beside a loop.
func together(pool levels.Level) map[string]loop.Func {
	ask := levels.On(pool, "work")
	return map[string]loop.Func{
		// The sockets are asynchronous, the call to a process is not: while one
		// works, the loop waits, and three have nothing to do.
		"half": func(c *loop.Call) {
			c.Fetch(string(c.Input), func(page []byte, err error) {
				if err == nil {
					page, err = ask(c.Ctx, page)
				}
				c.Done(page, err)
			})
		},
		// One loop waits for sockets and processes alike.
		"whole": func(c *loop.Call) {
			c.Fetch(string(c.Input), func(page []byte, err error) {
				if err != nil {
					c.Done(nil, err)
					return
				}
				c.Execute(pool, levels.Task{Func: "work", Input: page}, c.Done)
			})
		},
	}
}

// BenchmarkTogether runs both in turn, and reports how long a batch takes, and how many
// times as long it takes by half.
func BenchmarkTogether(b *testing.B) {
	run := openTogether(b)
	var half, whole []float64
	for b.Loop() {
		half, whole = append(half, run("half")), append(whole, run("whole"))
	}
	b.ReportMetric(median(half), "half-ms")
	b.ReportMetric(median(whole), "whole-ms")
	b.ReportMetric(median(half)/median(whole), "half-x-whole")
	b.ReportMetric(0, "ns/op")
}

// Either way gives every page its answer.
func TestTogether(t *testing.T) {
	run := openTogether(t)
	run("half")
	run("whole")
}

// openTogether returns what runs a batch one way or the other, checks what came of
// it, and says how many milliseconds it took. Processes and connections are there.
func openTogether(tb testing.TB) (run func(name string) float64) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(answering)
		fmt.Fprint(w, r.URL.Path)
	}))
	tb.Cleanup(server.Close)
	pool := process.New(process.Config{Processes: 4})
	tb.Cleanup(func() { pool.Close() })
	l, err := loop.New(loop.Config{Async: together(pool)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	run = func(name string) float64 {
		var tasks []levels.Task
		for i := range pages {
			tasks = append(tasks, levels.Task{Func: name, Input: fmt.Appendf(nil, "%s/%d", server.URL, i)})
		}
		start := time.Now()
		results := l.Run(tb.Context(), tasks)
		took := time.Since(start)
		for i, r := range results {
			if want := fmt.Sprintf("worked on /%d", i); r.Err != nil || string(r.Output) != want {
				tb.Fatalf("%s %d: %q, %v", name, i, r.Output, r.Err)
			}
		}
		return float64(took) / 1e6
	}
	run("whole")
	return run
}

func median(x []float64) float64 {
	slices.Sort(x)
	return x[len(x)/2]
}
