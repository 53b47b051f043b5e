package pool

import (
	"encoding/binary"
	"io"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
	"github.com/fourlevels/fourlevels/levels/process/child"
	"github.com/fourlevels/fourlevels/levels/process/pitfalls/spawnpertask"
)

// entry is the pitfall, which can also run the workers of this lesson.
var entry = func() pitfall.Pitfall {
	p := spawnpertask.Pitfall
	p.Helpers = maps.Clone(p.Helpers)
	p.Helpers["cheap"] = func([]string) error { return Work(os.Stdin, os.Stdout, cheap) }
	p.Helpers["dear"] = func([]string) error { return Work(os.Stdin, os.Stdout, dear) }
	p.Helpers["single"] = single
	return p
}()

// poison is a task that kills its worker.
const poison = 0xdead

func cheap(task uint64) uint64 {
	if task == poison {
		os.Exit(3)
	}
	return task*task + 1
}

// dear takes some 35 microseconds.
func dear(task uint64) uint64 { return pitfall.Spin(20_000) + task }

// single is the reference's worker: it does one task.
func single([]string) error {
	var task uint64
	if err := binary.Read(os.Stdin, binary.LittleEndian, &task); err != nil {
		return err
	}
	return binary.Write(os.Stdout, binary.LittleEndian, dear(task))
}

// processes starts workers, and sees what becomes of them.
type processes struct {
	helper string
	gate   *gate      // between workers and Map; nil: there is none
	mu     sync.Mutex // guards all
	all    []*process
}

type process struct {
	*child.Process
	gate                   *gate
	writes, sent, received atomic.Int64
	stopped                atomic.Bool
}

func (ps *processes) start() (*Worker, error) {
	c, err := child.Start(pitfall.Helper(entry.ID, ps.helper))
	if err != nil {
		return nil, err
	}
	p := &process{Process: c, gate: ps.gate}
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.all = append(ps.all, p)
	return &Worker{In: in{p}, Out: out{p, ps.gate.behind(c.Stdout)}, Stop: func() error {
		p.stopped.Store(true)
		return p.Stop(5 * time.Second)
	}}, nil
}

// kill ends all that are left.
func (ps *processes) kill() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		p.Kill()
		p.Stop(0)
	}
	ps.gate.wait()
}

// number is how many were started, and left is how many were not stopped.
func (ps *processes) number() (started, left int) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		if !p.stopped.Load() {
			left++
		}
	}
	return len(ps.all), left
}

type in struct{ *process }

func (w in) Write(b []byte) (int, error) {
	if w.writes.Add(1) == 1 {
		w.gate.written()
	}
	n, err := w.Stdin.Write(b)
	w.sent.Add(int64(n))
	return n, err
}

type out struct {
	*process
	from io.Reader
}

func (r out) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	r.received.Add(int64(n))
	return n, err
}

// open makes a pool of two, whose processes do not outlive the test.
func open(t *testing.T, helper string) (*Pool, *processes) {
	t.Helper()
	ps := &processes{helper: helper}
	return openWith(t, ps), ps
}

func openWith(t *testing.T, ps *processes) *Pool {
	t.Helper()
	t.Cleanup(ps.kill)
	p, err := Open(2, ps.start)
	if err != nil {
		grade.NotYet(t, "Open: %v", err)
	}
	return p
}

// within calls something of the pool, and ends the test if it hangs.
func within(t *testing.T, ps *processes, what string, call func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		call()
	}()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		ps.kill()
		grade.NotYet(t, "%s has not ended within 20 s: who waits for whom?", what)
	}
}
