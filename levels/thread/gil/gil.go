// Package gil is the level of threads under a global interpreter lock, as CPython
// has it since version 3.2. The lock is SIMULATED: Go has none, and this level adds
// one on purpose, so that a Go program can show what threads of Python can do (wait
// together) and cannot (compute together).
//
// One token goes around. A thread takes it before the first task of a batch, and
// keeps it from task to task. It gives it up
//
//   - when it has no more tasks,
//   - around a wait: a Func named in [Config.Waits], or a call of [Release],
//   - and at a check, after another thread has waited for [Config.Switch].
//
// In CPython the check is between two bytecodes. Here it is Err of the ctx that a
// Func is given: a Func that polls its ctx, as one that computes should, is as
// polite as Python code. One that never asks holds the lock to its end, like C code
// that does not release it. Err of a ctx derived from it (context.WithCancel and so
// on) is no check, because it does not ask its parent.
//
// What a hand-over costs follows from this. A thread that comes back from a wait of
// a millisecond queues behind a thread that computes, for 5 ms, each time: the
// convoy (python/cpython#90204, found by David Beazley).
//
// Not simulated: reference counts and the slower interpreter; that a thread which
// comes back soon may take the lock again before the one it woke is there (here the
// order is first in, first out, and CPython leaves it to the system); that signals
// and the collector of garbage ask for drops too; Python's builds without the lock.
// And below the token is still Go: its scheduler stops a goroutine after 10 ms in
// favour of others, and takes the processor from one that blocks in a system call.
// Neither takes the token.
//
// Sources: David Beazley, "Understanding the Python GIL" (PyCon 2010); CPython,
// Python/ceval_gil.c.
package gil

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/thread/internal/staff"
)

// Config tells what the tasks may call, how many threads run them, and how they
// share the lock.
type Config struct {
	Funcs   levels.Funcs
	Threads int // 0 means one for each processor (GOMAXPROCS)

	// Switch is how long a thread waits for the lock before it asks for a hand-over,
	// and so how long another keeps it: sys.setswitchinterval. 0 means 5 ms.
	Switch time.Duration

	// Waits are the names of Funcs that run without the lock, as C code does around
	// a read or a fetch.
	Waits []string

	// Watch is told what a thread does with the lock, by the thread itself: a thread
	// that has the lock keeps it meanwhile. Threads count from 0, and each has the
	// lowest number that is free, for as long as it works at one Run. No two are told
	// to hold the lock at once. Nil means that nobody looks.
	Watch func(thread int, does Doing)
}

// New starts the threads and returns the level they make up. It fails if Waits names
// no Func, and if there may not be so many threads.
func New(c Config) (levels.Level, error) {
	if c.Threads <= 0 {
		c.Threads = runtime.GOMAXPROCS(0)
	}
	l, err := open(c, &lock{patience: max(cmp.Or(c.Switch, 5*time.Millisecond), 1)})
	if err != nil {
		return nil, fmt.Errorf("gil: %w", err)
	}
	return l, nil
}

func open(c Config, l *lock) (*staff.Staff, error) {
	funcs := maps.Clone(c.Funcs)
	for _, name := range c.Waits {
		f, ok := c.Funcs[name]
		if !ok {
			return nil, fmt.Errorf("no function is called %q, as Waits says", name)
		}
		funcs[name] = waits(f)
	}
	seats := &seats{watch: c.Watch}
	return staff.New(staff.Config{Threads: c.Threads, Work: func(b *crew.Batch) {
		tell, leave := seats.take()
		defer leave()
		under := &locked{Context: b.Ctx, lock: l, thread: threadID(), tell: tell}
		under.acquire()
		defer l.release()
		defer tell(Gone) // before another can have the lock
		crew.Each(b, func(_ context.Context, tasks []levels.Task, results []levels.Result) {
			crew.Do(under, funcs, tasks, results)
		})
	}})
}

// waits returns f without the lock, and with the caller's own ctx.
func waits(f levels.Func) levels.Func {
	return func(ctx context.Context, input []byte) (output []byte, err error) {
		plain := ctx.Value(key{}).(*locked).Context
		Release(ctx, func() { output, err = f(plain, input) })
		return output, err
	}
}

// A locked is the ctx of a thread that has the lock.
type locked struct {
	context.Context
	lock   *lock
	thread int  // the thread's
	away   bool // without the lock, in Release; only the thread itself looks
	tell   func(Doing)
}

// acquire waits for the lock, and tells so.
func (c *locked) acquire() {
	c.tell(Wants)
	c.lock.acquire()
	c.tell(Holds)
}

type key struct{}

// Value gives a locked itself to Release.
func (c *locked) Value(k any) any {
	if k == (key{}) {
		return c
	}
	return c.Context.Value(k)
}

// Err is the check between two bytecodes. It costs an atomic load if nobody asks.
func (c *locked) Err() error {
	if c.lock.drop.Load() && threadID() == c.thread && !c.away {
		c.tell(Wants)
		c.lock.check()
		c.tell(Holds)
	}
	return c.Context.Err()
}

// Release calls f without the lock, and takes the lock again when f ends, however
// it does. If ctx is not, nor comes from, that of a Func under a lock, or the lock
// is released already, it only calls f. It is for the Func's own goroutine.
func Release(ctx context.Context, f func()) {
	c, ok := ctx.Value(key{}).(*locked)
	if !ok || c.thread != threadID() || c.away {
		f()
		return
	}
	c.away = true
	c.tell(Away)
	c.lock.release()
	defer func() {
		c.acquire()
		c.away = false
	}()
	f()
}
