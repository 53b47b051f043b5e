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
	least    int           // of them, for which a slow machine may take longer, by start
	patience time.Duration // until the pool is whole again
	within   time.Duration // which it must be at p99; 0 means that it must be at all

	mu               sync.Mutex // guards the rest
	attempted, right int        // tasks
	wrong, odd       []string   // answers that are another's, and errors that are not of the lost
	given            map[uint64]int
	seen             map[uint64]bool // workers that have answered, each by the number that it drew
	alive            []int           // those of them that nobody has killed
	hurt             []time.Time     // kills since the pool was whole
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
		case len(r.Output) != 24:
			w.odd = append(w.odd, fmt.Sprintf("task %#x: an output of %d bytes", own, len(r.Output)))
		case !bytes.Equal(r.Output[:8], tasks[i].Input):
			w.wrong = append(w.wrong, fmt.Sprintf("task %#x: that of %#x", own, r.Output[:8]))
		default:
			w.right++
			w.saw(int(binary.BigEndian.Uint64(r.Output[8:])), binary.BigEndian.Uint64(r.Output[16:]))
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
	output := binary.BigEndian.AppendUint64(slices.Clone(input), uint64(os.Getpid()))
	return binary.BigEndian.AppendUint64(output, drawn), nil
}

// drawn is this worker's and no other's, while the kernel gives process ids again.
var drawn = rand.Uint64()

var ledger = sync.OnceValues(func() (*os.File, error) {
	return os.OpenFile(os.Getenv(ledgerFile), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
})

func init() { moreFuncs["sign"] = sign }

// saw is told who answered. The pool is whole when so many have whom nobody has killed.
func (w *ward) saw(pid int, drawn uint64) {
	if w.seen[drawn] {
		return
	}
	w.seen[drawn] = true
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
	for begun := time.Now(); ; <-tick.C {
		if err := w.injureOne(); err != nil {
			return err
		}
		took := time.Since(begun)
		if took > w.lasting && w.kills >= w.least || took > w.lasting+start { // only this goroutine kills
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
