// Package process is the level of processes: workers with a memory of their
// own, started from this same program and spoken to over pipes.
//
// A worker that crashes takes down the tasks it had in hand and nothing else;
// it is replaced. A task that must end can be ended, because a process, unlike
// a thread, can be killed from outside. The price is that inputs and outputs
// are copied, twice each, and that a hand-over costs two system calls at either
// end. Batches share that price.
package process

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// Config tells how many processes to start, and which.
type Config struct {
	Processes int // 0 means one for each processor (GOMAXPROCS)

	// Command starts a worker, which must call [Serve] on its standard input
	// and output. Nil means this program again, whose main must call [Main].
	Command []string

	Env   []string      // of the workers; nil means this process' own
	Start time.Duration // a worker that has not said hello by then is killed; 0 means 10 s
	Grace time.Duration // how long Close waits before it kills; 0 means 2 s
}

// New returns a level of processes, each of which starts with its first task
// and runs one slice of a batch at a time.
//
// When ctx ends, the workers that have tasks of that Run are killed. When a
// worker dies, its tasks fail with [levels.ErrLost]: some of them may have run
// (at most once; nothing is tried again). Errors keep their text only.
func New(c Config) levels.Level {
	if c.Processes <= 0 {
		c.Processes = runtime.GOMAXPROCS(0)
	}
	c.Start = cmp.Or(c.Start, 10*time.Second)
	c.Grace = cmp.Or(c.Grace, 2*time.Second)
	return crew.New(c.Processes, handOver, func() crew.Worker { return &worker{config: c} })
}

// handOver is about what it costs to wake a worker and to be woken by it, when
// both sleep (BenchmarkLatency, work=empty).
const handOver = 100 * time.Microsecond

// A worker owns one child at a time. It starts the child when there is work and
// none is running, so that a child that died is replaced.
type worker struct {
	config Config
	child  *child.Process
	out    *wire.Writer // to the child
	in     *wire.Reader // from the child
}

// Run implements crew.Worker.
func (w *worker) Run(ctx context.Context, tasks []levels.Task, results []levels.Result) {
	for len(tasks) > 0 {
		n, err := wire.Fit(tasks)
		if err != nil {
			n, results[0].Err = 1, err
		} else if err = w.run(ctx, tasks[:n], results[:n]); err != nil {
			for i := range results[:n] {
				results[i] = levels.Result{Err: err}
			}
		}
		tasks, results = tasks[n:], results[n:]
	}
}

// run sends tasks to the child, starting one if need be, and reads the results.
func (w *worker) run(ctx context.Context, tasks []levels.Task, results []levels.Result) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if w.child != nil && w.child.Ended() {
		w.bury() // it died with nothing to do, so nothing is lost
	}
	if w.child == nil {
		if err := w.start(ctx); err != nil {
			return err
		}
	}
	kill := w.child.Kill // captured: it may come late, when w has its next child
	keep := context.AfterFunc(ctx, kill)
	err := w.out.Tasks(tasks)
	if err == nil {
		err = w.in.Results(results)
	}
	killed := !keep()
	if err == nil && !killed {
		return nil
	}
	obituary := w.bury()
	switch {
	case err == nil: // the results came before the kill
		return nil
	case killed:
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %v: %w", levels.ErrLost, err, obituary)
}

// start starts a child and waits for its hello.
func (w *worker) start(ctx context.Context) error {
	c, err := child.Start(w.config.command())
	if err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	w.child, w.out, w.in = c, wire.NewWriter(c.Stdin), wire.NewReader(c.Stdout)
	keep, late := context.AfterFunc(ctx, c.Kill), time.AfterFunc(w.config.Start, c.Kill)
	hello, err := w.in.Line()
	inTime := late.Stop()
	if !keep() {
		w.bury()
		return context.Cause(ctx)
	}
	if !inTime {
		w.bury()
		return fmt.Errorf("start worker: no hello from %q within %v", w.config.command().Path, w.config.Start)
	}
	if err == nil || errors.Is(err, bufio.ErrBufferFull) { // a line without end is no hello either
		if err = checkHello(hello); err != nil {
			w.bury()
			return fmt.Errorf("start worker: %w", err)
		}
		return nil
	}
	return fmt.Errorf("start worker: it left without a hello: %w", w.bury())
}

// bury ends the child, if it has not died already, and tells how it ended.
func (w *worker) bury() error {
	c := w.child
	w.child, w.out, w.in = nil, nil, nil
	c.Stdin.Close()
	select {
	case <-c.Done():
	case <-time.After(100 * time.Millisecond): // it broke the pipe but lives on
		c.Kill()
	}
	obituary := c.Obituary()
	c.Stdout.Close()
	return obituary
}

// Close ends the child, if any, and waits for it.
func (w *worker) Close() error {
	if w.child == nil {
		return nil
	}
	if err := w.child.Stop(w.config.Grace); err != nil {
		return fmt.Errorf("stop worker: %w", w.child.Obituary())
	}
	return nil
}

func (c Config) command() *exec.Cmd {
	if len(c.Command) > 0 {
		cmd := exec.Command(c.Command[0], c.Command[1:]...)
		cmd.Env = c.Env
		return cmd
	}
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	cmd := exec.Command(self)
	cmd.Env = c.Env
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], marker+"=1") // a copy: the slice is everybody's
	return cmd
}

// A worker greets with a line of text, so that somebody who starts one by hand
// sees what it is, and so that any other program is told from a worker.
const greeting = "fourlevels worker, protocol "

func checkHello(line string) error {
	version, ok := strings.CutPrefix(line, greeting)
	if !ok {
		return fmt.Errorf("this is no worker: it says %.80q", line)
	}
	if want := fmt.Sprint(wire.Version); version != want {
		return fmt.Errorf("the worker speaks protocol %.20q, this program %s: build both from the same version", version, want)
	}
	return nil
}
