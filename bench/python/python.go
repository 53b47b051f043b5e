// Package python is a level whose tasks run in Python: in threads, in processes
// or on an event loop, as its standard library has them. It is there to be
// measured beside the levels in Go, on the same workloads and with the same
// checks; nothing of this suite needs it.
//
// One interpreter is started for the level and holds the pool. It knows the
// workloads empty, bytes, cpu, skew and io, written once more in Python, and so
// the level has no [levels.Funcs].
package python

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// Kinds are the names of all pools, the default first.
var Kinds = []string{"threads", "processes", "asyncio"}

// Works are the workloads that are written in Python too.
var Works = []string{"empty", "cpu", "io", "bytes", "skew"}

// Config tells which pool to start, and with what.
type Config struct {
	// Kind is the pool; "" means "threads".
	//
	//	threads    ThreadPoolExecutor: they share one interpreter, and so its lock, the GIL
	//	processes  ProcessPoolExecutor, by fork: an interpreter for each; not on Windows
	//	asyncio    one event loop: what computes blocks all others; not on Windows
	Kind string

	Workers int           // threads, processes, or tasks in flight; 0 means one for each processor
	Program string        // the interpreter, 3.8 or later; "" means python3 from PATH
	Env     []string      // of the interpreter; nil means this process' own
	Start   time.Duration // an interpreter that is not ready by then is killed; 0 means 10 s
}

// ErrMissing says that there is no Python that could run tasks.
var ErrMissing = errors.New("no usable Python")

//go:embed pool.py
var script string

// New starts the interpreter and returns the level once it is ready.
//
// When ctx of a Run ends, the interpreter is killed, and the next Run starts
// another: tasks that other calls have there are lost then ([levels.ErrLost]), as
// they are when it dies by itself. Errors keep their text only.
func New(ctx context.Context, c Config) (levels.Level, error) {
	c.Kind = cmp.Or(c.Kind, Kinds[0])
	c.Program = cmp.Or(c.Program, "python3")
	c.Start = cmp.Or(c.Start, 10*time.Second)
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if !slices.Contains(Kinds, c.Kind) {
		return nil, fmt.Errorf("no pool of Python is called %.80q: one of %s", c.Kind, strings.Join(Kinds, ", "))
	}
	if runtime.GOOS == "windows" && c.Kind != "threads" {
		return nil, fmt.Errorf("%w: python/%s needs pipes and forks of Unix, take python/threads", ErrMissing, c.Kind)
	}
	l := &level{Config: c}
	if _, err := l.interpreter(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

type level struct {
	Config
	gate levels.Gate

	mu  sync.Mutex // guards now; held while an interpreter starts or leaves
	now *interpreter
}

// Run implements [levels.Level].
func (l *level) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !l.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer l.gate.Leave()
	for {
		if ctx.Err() != nil {
			return levels.Failed(len(tasks), context.Cause(ctx))
		}
		in, err := l.interpreter(ctx)
		if err != nil {
			return levels.Failed(len(tasks), cmp.Or(context.Cause(ctx), err))
		}
		if b := in.enter(len(tasks)); b != nil {
			return in.run(ctx, b, tasks)
		}
	}
}

// interpreter returns the one that runs, or else starts one.
func (l *level) interpreter(ctx context.Context) (*interpreter, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now != nil && !l.now.leaves() {
		return l.now, nil
	}
	if l.now != nil {
		<-l.now.gone
		l.now = nil
	}
	in, err := start(ctx, l.Config)
	if err == nil {
		l.now = in
	}
	return in, err
}

// Version is that of the interpreter, as in "Python 3.12.1".
func (l *level) Version() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now == nil {
		return ""
	}
	return l.now.version
}

// Close implements [levels.Level].
func (l *level) Close() error {
	l.gate.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now != nil {
		l.now.leave()
		l.now = nil
	}
	return nil
}

// command starts the interpreter as if nothing but the standard library were
// installed: isolated from PYTHON... variables, and without site packages.
func (c Config) command() (*exec.Cmd, error) {
	program, err := exec.LookPath(c.Program)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is not on PATH: install Python 3.8 or later, or leave out the level python", ErrMissing, c.Program)
	}
	cmd := exec.Command(program, "-I", "-S", "-c", script+"\nmain()\n", c.Kind, strconv.Itoa(c.Workers))
	cmd.Env = c.Env
	return cmd, nil
}
