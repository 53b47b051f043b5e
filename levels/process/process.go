// Package process is the level of processes: workers with a memory of their
// own, started from this same program and spoken to over a pipe, a socket, or
// memory that both share.
//
// A worker that crashes takes down the tasks it had in hand and nothing else;
// it is replaced. A task that must end can be ended, because a process, unlike
// a thread, can be killed from outside. The price is that inputs and outputs
// are copied, twice each, and that a hand-over wakes a process at either end. Batches
// share that price, and two slices of a batch are under way to each worker, so that it
// computes while the next one travels.
package process

import (
	"cmp"
	"hash/maphash"
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

// Config tells how many processes to start, and which.
type Config struct {
	Processes int // 0 means one for each processor (GOMAXPROCS)

	// Transport is how tasks get to a worker and results back; "" means "pipe".
	//
	//	pipe    its standard input and output: works everywhere
	//	socket  a pair of Unix sockets
	//	shm     a ring in shared memory: the fastest; Linux only
	//	spawn   a pipe, to a new process for each task: the naive way, to compare with
	Transport string

	// Timeout is how long a task may take before its worker is killed and it fails
	// with [context.DeadlineExceeded]; no other task notices. It comes up to half as
	// much too late. 0 means that tasks may take for ever. A worker whose level is not
	// [levels.Serial] does not know its tasks: there a slice of a batch may take as
	// long as its tasks together, and is lost.
	Timeout time.Duration

	// Command starts a worker, which must call [ServeStdio]. Nil means this program
	// again, whose main must call [Main].
	Command []string

	Env   []string      // of the workers; nil means this process' own
	Start time.Duration // a worker that has not said hello by then is killed; 0 means 10 s
	Grace time.Duration // how long Close waits before it kills; 0 means 2 s

	// Died, if not nil, is called for each worker that ends before Close, for whatever
	// reason: another takes its place, and what is timed meanwhile is not the level's
	// normal speed. Several may call it at once.
	Died func()
}

// Transports are the names of all, the default first.
var Transports = []string{"pipe", "socket", "shm", "spawn"}

// New returns a level of processes, each of which starts with its first task.
//
// When ctx ends, the workers that have tasks of that Run are killed. When a
// worker dies, what it had in hand fails with [levels.ErrLost]: at most once is a task
// run, and nothing that may have begun is tried again. What the worker had not begun
// runs elsewhere. If a function panics, that is all but its own task; if the whole
// process is killed, it is the slices behind the one it was at.
//
// A task that has killed three workers is refused with [ErrRefused]. If three
// workers in a row die before they say hello, tasks fail for a second without
// another attempt, unless other workers live or are starting, who run them. Errors keep
// their text only.
func New(c Config) levels.Level {
	if c.Processes <= 0 {
		c.Processes = runtime.GOMAXPROCS(0)
	}
	c.Transport = cmp.Or(c.Transport, "pipe")
	c.Start = cmp.Or(c.Start, 10*time.Second)
	c.Grace = cmp.Or(c.Grace, 2*time.Second)
	p := &pool{Config: c, suspects: suspects{seed: maphash.MakeSeed(), died: map[uint64]int{}}}
	workers := make([]crew.Member, c.Processes)
	for i := range workers {
		workers[i] = &worker{pool: p}
	}
	return crew.NewSquad(workers)
}

// A pool is what its workers have in common.
type pool struct {
	Config
	suspects suspects
	boots    boots
	starting atomic.Int32 // children that have not said hello yet
	living   atomic.Int32 // those that have, and are not known to have ended
}

func (c Config) command() *exec.Cmd {
	var cmd *exec.Cmd
	if len(c.Command) > 0 {
		cmd = exec.Command(c.Command[0], c.Command[1:]...)
	} else if self, err := os.Executable(); err == nil {
		cmd = exec.Command(self)
	} else {
		cmd = exec.Command(os.Args[0])
	}
	cmd.Env = c.Env
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = cmd.Env[:len(cmd.Env):len(cmd.Env)] // a copy: the slice is everybody's
	if len(c.Command) == 0 {
		cmd.Env = append(cmd.Env, marker+"=1")
	}
	if c.Transport != "pipe" {
		cmd.Env = append(cmd.Env, transportMark+"="+c.Transport)
	}
	if c.Timeout > 0 {
		cmd.Env = append(cmd.Env, timeoutMark+"="+c.Timeout.String())
	}
	return cmd
}
