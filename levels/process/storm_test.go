//go:build linux

package process_test

import (
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

// Whatever is killed under many callers: each task has one answer, which is right or
// says that it is lost.
func TestStorm(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 3, Transport: transport})
		var over atomic.Bool
		var callers, killer sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				for n := 1; !over.Load(); n = n*3%397 + 1 {
					d.isRightOrLost(t, n)
				}
			})
		}
		killer.Go(func() { d.killSome(t, 2*time.Second); over.Store(true) })
		killer.Wait()
		callers.Wait()
		d.fine(t, 20)
	})
}

// isRightOrLost runs a batch of n tasks.
func (d *den) isRightOrLost(t *testing.T, n int) {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "echo", Input: unlike()}
	}
	results := d.Run(t.Context(), tasks)
	if len(results) != n {
		t.Errorf("%d results of %d tasks", len(results), n)
	}
	for i, r := range results {
		right := r.Err == nil && string(r.Output) == string(tasks[i].Input)
		if !right && !errors.Is(r.Err, levels.ErrLost) {
			t.Errorf("result %d of %d: %q, %v", i, n, r.Output, r.Err)
		}
	}
}

var inputs atomic.Int64

// unlike returns an input that no other task has. One that many have would be a suspect
// soon: three workers die of it here, though it did nothing.
func unlike() []byte { return strconv.AppendInt(nil, inputs.Add(1), 10) }

// killSome kills a worker every few milliseconds. Which it is, a task tells: if it has
// been replaced since, its number is nobody's, for the kernel gives it away again only
// after all others.
func (d *den) killSome(t *testing.T, most time.Duration) {
	kills := 0
	for start := time.Now(); time.Since(start) < most; {
		r := d.Run(t.Context(), []levels.Task{{Func: "pid", Input: unlike()}})[0]
		if pid, err := strconv.Atoi(string(r.Output)); r.Err == nil && err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
			kills++
		}
		time.Sleep(rand.N(10 * time.Millisecond))
	}
	if kills == 0 {
		t.Error("nobody was killed")
	}
}
