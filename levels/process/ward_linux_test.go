package process_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

const (
	beds      = 4                     // workers of a pool
	killEvery = 50 * time.Millisecond // one of them
	handed    = 64                    // tasks of a batch
	start     = 20 * time.Second      // that the pool may take until it is whole for the first time

	ledgerFile = "PROCESS_TEST_LEDGER"
)

// A ward is a pool at full load whose workers are killed. It counts what becomes of tasks, by
// the answers, and by a ledger in which each task leaves its number when it begins: so it
// also knows of those that ran and were never told of.
type ward struct {
	level    levels.Level
	ledger   string
	lasting  time.Duration // of the kills
	patience time.Duration // until the pool is whole again
	within   time.Duration // which it must be at p99; 0 means that it must be at all

	mu               sync.Mutex // guards the rest
	attempted, right int        // tasks
	wrong, odd       []string   // answers that are another's, and errors that are not of the lost
	given            map[uint64]int
	seen             map[int]bool // workers that have answered
	alive            []int        // those of them that nobody has killed
	hurt             []time.Time  // kills since the pool was whole
	took             []time.Duration
	kills, told      int // told is how often a caller learned that a task is lost
	broken           error
}

// play has four callers run batches while workers are killed, until all is whole again.
func (w *ward) play(t *testing.T) {
	t.Helper()
	var load sync.WaitGroup
	over := make(chan struct{})
	for caller := range uint64(beds) {
		load.Go(func() {
			for n := caller << 32; ; n += handed {
				select {
				case <-over:
					return
				default:
				}
				if !w.batch(t.Context(), n) {
					return
				}
			}
		})
	}
	err := w.injure()
	close(over)
	load.Wait()
	w.broken = err
}

// batch runs tasks from number n on. What it is told to be lost it hands over again, for
// these may run twice. It returns false if it has given up.
func (w *ward) batch(ctx context.Context, n uint64) bool {
	var left []levels.Task
	for i := range uint64(handed) {
		left = append(left, levels.Task{Func: "sign", Input: binary.BigEndian.AppendUint64(nil, n+i)})
	}
	w.mu.Lock()
	w.attempted += handed
	w.mu.Unlock()
	for range 20 {
		if left = w.judge(left, w.level.Run(ctx, left)); len(left) == 0 {
			return true
		}
	}
	return false
}

// judge looks at the answers, and returns the tasks that are to be handed over again.
func (w *ward) judge(tasks []levels.Task, results []levels.Result) (again []levels.Task) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, r := range results {
		own := binary.BigEndian.Uint64(tasks[i].Input)
		switch {
		case errors.Is(r.Err, levels.ErrLost):
			w.told++
			w.given[own]++
			again = append(again, tasks[i])
		case r.Err != nil:
			w.odd = append(w.odd, fmt.Sprintf("task %#x: %v", own, r.Err))
		case len(r.Output) != 16:
			w.odd = append(w.odd, fmt.Sprintf("task %#x: an output of %d bytes", own, len(r.Output)))
		case !bytes.Equal(r.Output[:8], tasks[i].Input):
			w.wrong = append(w.wrong, fmt.Sprintf("task %#x: that of %#x", own, r.Output[:8]))
		default:
			w.right++
			w.saw(int(binary.BigEndian.Uint64(r.Output[8:])))
		}
	}
	return again
}

// sign is what the tasks do: a line in the ledger, a wait that leaves the processor to who
// starts, and an answer that says who gave it.
func sign(_ context.Context, input []byte) ([]byte, error) {
	f, err := ledger()
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(input); err != nil {
		return nil, err
	}
	syscall.Nanosleep(&syscall.Timespec{Nsec: 100_000}, nil) // the runtime's timers are not as fine
	return binary.BigEndian.AppendUint64(slices.Clone(input), uint64(os.Getpid())), nil
}

var ledger = sync.OnceValues(func() (*os.File, error) {
	return os.OpenFile(os.Getenv(ledgerFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
})

func init() { moreFuncs["sign"] = sign }

// saw is told who answered. The pool is whole when so many have whom nobody has killed.
func (w *ward) saw(pid int) {
	if w.seen[pid] {
		return
	}
	w.seen[pid] = true
	w.alive = append(w.alive, pid)
	if len(w.alive) >= beds {
		for _, at := range w.hurt {
			w.took = append(w.took, time.Since(at))
		}
		w.hurt = nil
	}
}

// injure kills a worker every now and then, and waits until all are whole again.
func (w *ward) injure() error {
	if err := w.whole(start); err != nil {
		return err
	}
	tick := time.NewTicker(killEvery)
	defer tick.Stop()
	for end := time.After(w.lasting); ; {
		select {
		case <-tick.C:
			if err := w.injureOne(); err != nil {
				return err
			}
		case <-end:
			return w.whole(w.patience)
		}
	}
}

// injureOne kills a worker that has answered. Its number is still its own: only the pool
// waits for it, and nobody else has killed it.
func (w *ward) injureOne() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.alive) == 0 {
		return nil // none has come back yet
	}
	i := rand.N(len(w.alive))
	pid := w.alive[i]
	if parentOf(pid) != os.Getpid() {
		return fmt.Errorf("worker %d has died without being killed", pid)
	}
	w.hurt = append(w.hurt, time.Now())
	w.alive = slices.Delete(w.alive, i, i+1)
	w.kills++
	return syscall.Kill(pid, syscall.SIGKILL)
}

// parentOf is the process that a process was started by, and 0 if there is no such process.
func parentOf(pid int) (parent int) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil {
		fmt.Sscanf(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " %c %d", new(rune), &parent)
	}
	return parent
}

// whole waits until the pool is.
func (w *ward) whole(patience time.Duration) error {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		w.mu.Lock()
		n := len(w.alive)
		w.mu.Unlock()
		if n == beds {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the pool is not whole again after %v: %d of %d workers answer", patience, n, beds)
		}
	}
}

// verdict says which promises were broken.
func (w *ward) verdict(t *testing.T) (broken []string) {
	t.Helper()
	say := func(format string, a ...any) { broken = append(broken, fmt.Sprintf(format, a...)) }
	if w.broken != nil {
		say("%v", w.broken)
	}
	if w.kills == 0 {
		say("nobody was killed, so nothing is shown")
	}
	if n := w.attempted - w.right - len(w.wrong); n > 0 {
		say("%d of %d tasks have no answer: %.3q", n, w.attempted, w.odd[:min(3, len(w.odd))])
	}
	if len(w.wrong) > 0 {
		say("%d tasks have another's answer: %q", len(w.wrong), w.wrong[:min(3, len(w.wrong))])
	}
	runs := w.runs(t)
	again, never := 0, w.attempted-len(runs)
	for n, times := range runs {
		again += max(0, times-1-w.given[n])
	}
	if again > 0 {
		say("%d tasks ran more often than they were handed over", again)
	}
	if never > 0 {
		say("%d tasks never ran", never)
	}
	if p99 := w.healing(99); w.within > 0 && p99 > w.within {
		say("whole again after %v at p99, not within %v", p99, w.within)
	}
	return broken
}

// runs is how often each task ran, as the ledger has it.
func (w *ward) runs(t *testing.T) map[uint64]int {
	t.Helper()
	text, err := os.ReadFile(w.ledger)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[uint64]int{}
	for ; len(text) >= 8; text = text[8:] {
		runs[binary.BigEndian.Uint64(text)]++
	}
	return runs
}

// healing is how long it took to be whole again, at a percentile.
func (w *ward) healing(percent int) time.Duration {
	if len(w.took) == 0 {
		return 0
	}
	return slices.Sorted(slices.Values(w.took))[(len(w.took)*percent-1)/100].Round(100 * time.Microsecond)
}

func (w *ward) String() string {
	return fmt.Sprintf("%d tasks attempted, %d answered; %d workers killed, %d times a task was told to be lost, and handed over again; whole again after %v at p50, %v at p99, %v at most",
		w.attempted, w.right, w.kills, w.told, w.healing(50), w.healing(99), w.healing(100))
}
