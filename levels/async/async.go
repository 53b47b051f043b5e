// Package async is the level of asynchronous I/O: many tasks wait at once, each
// in a goroutine, and the runtime's network poller wakes those whose answer is
// there.
//
// A waiting goroutine costs some kilobytes and no thread. That is why this
// level keeps more tasks in flight than any other, and why the code of a task
// reads as if it blocked. Tasks that compute gain no more than there are
// processors, and the level gives them no memory of their own: a panic ends the
// program (see [levels.Recover]).
package async

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/semaphore"

	"github.com/fourlevels/fourlevels/levels"
)

// Config tells what the tasks may call, and how many may be in flight.
type Config struct {
	Funcs    levels.Funcs
	InFlight int // tasks at once, over all calls of Run; 0 means 256

	// Variant is how goroutines come to their tasks; "" means "pool".
	//
	//	pool       each claims many, one after another: the cheapest by far
	//	semaphore  a goroutine for each task, as soon as a semaphore lets it
	//	errgroup   the same by errgroup's limit, which counts for each Run alone
	Variant string
}

// Variants are the names of all, the default first.
var Variants = []string{"pool", "semaphore", "errgroup"}

var variants = map[string]func(*Level, context.Context, []levels.Task) []levels.Result{
	"pool":      (*Level).pool,
	"semaphore": (*Level).semaphore,
	"errgroup":  (*Level).errgroup,
}

// A Level runs tasks in goroutines that it starts for each Run.
//
// Neither cancel nor Close interrupts a Func: they wait until it returns. A
// task must not Run another on the same Level, for both might wait for a slot
// that only the other can give back.
type Level struct {
	funcs    levels.Funcs
	inFlight int
	variant  string
	slots    *semaphore.Weighted // one for each goroutine that runs tasks
	gate     levels.Gate
}

var _ levels.Level = (*Level)(nil)

// New returns a Level that is ready to run tasks. It holds no resources until
// it does.
func New(c Config) *Level {
	if c.InFlight <= 0 {
		c.InFlight = 256
	}
	return &Level{
		funcs: c.Funcs, inFlight: c.InFlight, variant: cmp.Or(c.Variant, Variants[0]),
		slots: semaphore.NewWeighted(int64(c.InFlight)),
	}
}

// Run implements [levels.Level].
func (l *Level) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
	if !l.gate.Enter() {
		return levels.Failed(len(tasks), levels.ErrClosed)
	}
	defer l.gate.Leave()
	run := variants[l.variant]
	if run == nil {
		return levels.Failed(len(tasks), fmt.Errorf("async: no variant is called %.20q: take one of %s", l.variant, strings.Join(Variants, ", ")))
	}
	if len(tasks) == 0 {
		return nil
	}
	return run(l, ctx, tasks)
}

// Close implements [levels.Level].
func (l *Level) Close() error { return l.gate.Close() }
