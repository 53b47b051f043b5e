package thread_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// configs are all the ways to open a level that are worth comparing.
func configs() (all []thread.Config) {
	for _, help := range []bool{false, true} {
		for _, spin := range []time.Duration{-1, 20 * time.Microsecond, 50 * time.Microsecond, 200 * time.Microsecond} {
			all = append(all, thread.Config{Variant: "crew", Help: help, Spin: spin})
		}
		for _, variant := range thread.Variants[1:] {
			all = append(all, thread.Config{Variant: variant, Help: help, Spin: -1})
		}
	}
	return all
}

func label(c thread.Config) string {
	return fmt.Sprintf("%s/help=%v/spin=%v", c.Variant, c.Help, max(c.Spin, 0))
}

// chains returns n tasks of so many rounds of about 2 ns each.
func chains(b *testing.B, n, rounds int) []levels.Task {
	w, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		b.Fatal(err)
	}
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = levels.Task{Func: w.Name, Input: w.Input(i, rounds)}
	}
	return tasks
}

// BenchmarkBatch runs batches of 4096 small tasks. The efficiency is the time that
// Serial takes for the same, spread over two threads without loss, per time
// measured; METG(50%) is the size of a task, serial-ns, at which it is 50 %.
func BenchmarkBatch(b *testing.B) {
	for _, rounds := range []int{1, 20, 50, 500} {
		tasks := chains(b, 4096, rounds)
		for _, c := range configs() {
			c.Funcs, c.Threads = workload.Funcs(), 2
			b.Run(fmt.Sprintf("rounds=%d/%s", rounds, label(c)), func(b *testing.B) {
				l := open(b, c)
				defer l.Close()
				var took, serially []time.Duration
				yardstick := &levels.Serial{Funcs: c.Funcs}
				for b.Loop() {
					took = append(took, timed(l, tasks))
					serially = append(serially, timed(yardstick, tasks)) // in turns, so that both see the same machine
				}
				here, there := median(took), median(serially)
				b.ReportMetric(here/float64(len(tasks)), "ns/task")
				b.ReportMetric(there/float64(len(tasks)), "serial-ns")
				b.ReportMetric(100*there/(2*here), "%eff")
				b.ReportMetric(0, "ns/op") // of both together
			})
		}
	}
}

func timed(l levels.Level, tasks []levels.Task) time.Duration {
	begin := time.Now()
	l.Run(context.Background(), tasks)
	return time.Since(begin)
}

// median is what a busy machine spoils last. It is in nanoseconds.
func median(took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[len(took)/2].Nanoseconds())
}

// BenchmarkLone runs one empty task at a time, right after the last one, or 200 µs
// later, when whoever looked for work has gone to sleep.
func BenchmarkLone(b *testing.B) {
	task := []levels.Task{{Func: "empty"}}
	for _, pause := range []time.Duration{0, 200 * time.Microsecond} {
		for _, c := range configs() {
			c.Funcs, c.Threads = workload.Funcs(), 2
			b.Run(fmt.Sprintf("pause=%v/%s", pause, label(c)), func(b *testing.B) {
				l := open(b, c)
				defer l.Close()
				var took []time.Duration
				for b.Loop() {
					took = append(took, timed(l, task))
					time.Sleep(pause)
				}
				b.ReportMetric(median(took), "ns/task")
				b.ReportMetric(0, "ns/op") // with the pause
			})
		}
	}
}
