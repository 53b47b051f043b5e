package gil_test

import (
	"context"
	"encoding/binary"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// threads opens one of the two levels that are compared: "gil" or, without a lock,
// "free".
func threads(b *testing.B, name string, n int) levels.Level {
	return threadsFor(b, name, n, workload.Funcs())
}

func threadsFor(b *testing.B, name string, n int, funcs levels.Funcs) levels.Level {
	funcs["wait"] = wait
	open := map[string]func() (levels.Level, error){
		"gil":  func() (levels.Level, error) { return gil.New(gil.Config{Funcs: funcs, Threads: n}) },
		"free": func() (levels.Level, error) { return thread.New(thread.Config{Funcs: funcs, Threads: n}) },
	}
	l, err := open[name]()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}

// wait waits a millisecond for each byte of input, and returns how long it took
// until it could go on.
func wait(ctx context.Context, input []byte) ([]byte, error) {
	begin := time.Now()
	gil.Release(ctx, func() { time.Sleep(time.Duration(len(input)) * time.Millisecond) })
	return binary.BigEndian.AppendUint64(nil, uint64(time.Since(begin))), nil
}

// timed returns how long the tasks took together, and what they returned.
func timed(b *testing.B, l levels.Level, tasks []levels.Task) (took time.Duration, outputs [][]byte) {
	begin := time.Now()
	results := l.Run(b.Context(), tasks)
	took = time.Since(begin)
	for _, r := range results {
		if r.Err != nil {
			b.Fatal(r.Err)
		}
		outputs = append(outputs, r.Output)
	}
	return took, outputs
}

func median(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/2])
}

// speedup is how much faster tasks are on n threads than on one. The two take turns,
// so that both see the same machine.
func speedup(b *testing.B, name string, n int, tasks []levels.Task) float64 {
	one, many := threads(b, name, 1), threads(b, name, n)
	var alone, together []time.Duration
	for b.Loop() {
		took, _ := timed(b, one, tasks)
		alone = append(alone, took)
		took, _ = timed(b, many, tasks)
		together = append(together, took)
	}
	return median(alone) / median(together)
}

// BenchmarkTalk gives the three numbers of David Beazley's talk, with the simulated
// lock and without: threads that compute gain nothing (cpu-x, near 1), threads that
// wait gain as without a lock (io-x, near 16), and beside a busy thread a wait of
// 1 ms takes the interval of 5 ms longer (convoy-p50-ms, next to alone-p50-ms).
func BenchmarkTalk(b *testing.B) {
	for _, name := range []string{"gil", "free"} {
		b.Run("cpu/"+name, func(b *testing.B) { b.ReportMetric(speedup(b, name, 2, chains(b, 16, 500_000)), "cpu-x") })
		b.Run("io/"+name, func(b *testing.B) { b.ReportMetric(speedup(b, name, 16, waits(16, 10)), "io-x") })
		b.Run("convoy/"+name, convoy(name))
	}
}

// chains are tasks that compute, at 2 ns a round.
func chains(b *testing.B, n, rounds int) []levels.Task {
	w, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		b.Fatal(err)
	}
	tasks := calls(w.Name, n)
	for i := range tasks {
		tasks[i].Input = w.Input(i, rounds)
	}
	return tasks
}

// waits are tasks that wait so many milliseconds.
func waits(n, milliseconds int) []levels.Task {
	tasks := calls("wait", n)
	for i := range tasks {
		tasks[i].Input = make([]byte, milliseconds)
	}
	return tasks
}

// convoy times waits of 1 ms, alone and beside a thread that computes.
func convoy(name string) func(*testing.B) {
	return func(b *testing.B) {
		funcs, begun := workload.Funcs(), make(chan struct{})
		chain := funcs["cpu"]
		funcs["cpu"] = func(ctx context.Context, input []byte) ([]byte, error) {
			begun <- struct{}{}
			return chain(ctx, input)
		}
		l, endless := threadsFor(b, name, 2, funcs), chains(b, 1, 1<<40)
		var alone, convoyed []time.Duration
		for b.Loop() {
			alone = append(alone, each(timed(b, l, waits(10, 1)))...)
			ctx, stop := context.WithCancel(b.Context())
			var beside sync.WaitGroup
			beside.Go(func() { l.Run(ctx, endless) })
			<-begun
			convoyed = append(convoyed, each(timed(b, l, waits(10, 1)))...)
			stop()
			beside.Wait()
		}
		b.ReportMetric(median(alone)/1e6, "alone-p50-ms")
		b.ReportMetric(median(convoyed)/1e6, "convoy-p50-ms")
	}
}

// each returns how long each wait took.
func each(_ time.Duration, outputs [][]byte) (took []time.Duration) {
	for _, output := range outputs {
		took = append(took, time.Duration(binary.BigEndian.Uint64(output)))
	}
	return took
}
