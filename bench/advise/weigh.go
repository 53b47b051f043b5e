package advise

import (
	"context"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// look is how long after their start tasks are weighed.
const look = 100 * time.Millisecond

// weigh finds out what memory a level takes, and each task in flight: that of the workers,
// of which the system tells, and in this process that of the Go runtime, for the process was
// here before the level. Where the system does not tell, workers count nothing.
func (r *rig) weigh(ctx context.Context, s seat, base float64, l *Level) error {
	places := r.places(s)
	w := workload.Mix(workload.Mixture{Wait: 2 * look})
	tasks := make([]levels.Task, places)
	for i := range tasks {
		tasks[i] = w.Task(i%w.Distinct, 0)
	}
	fixed := workers(r.tree) - base
	before := heap()
	done := make(chan []levels.Result, 1)
	go func() { done <- r.open[s].Run(ctx, tasks) }() // waited for below
	time.Sleep(look)                                  // half of what the tasks wait
	during := heap()
	for _, result := range <-done {
		if result.Err != nil {
			return result.Err
		}
	}
	l.Fixed = max(0, fixed)
	l.Memory = (max(0, during-before) + max(0, workers(r.tree)-base-fixed)) / float64(places)
	return nil
}

// heap is what the Go runtime of this process has in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapInuse + m.StackInuse)
}

// workers is the memory of all processes below this one, at its peak; 0 if nobody tells.
func workers(t *usage.Tree) float64 {
	all, ok := t.PeakRSS()
	status, err := os.ReadFile("/proc/self/status")
	if !ok || err != nil {
		return 0
	}
	_, text, _ := strings.Cut(string(status), "\nVmHWM:")
	text, _, _ = strings.Cut(text, "kB")
	own, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0
	}
	return float64(all - own<<10)
}
