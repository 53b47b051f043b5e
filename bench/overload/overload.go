package overload

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// Config says what to do. The zero Config needs a Worker, as [fleet.Config] does.
type Config struct {
	Fleet fleet.Config // Funcs must have those of package workload; MaxLength is set here

	For      time.Duration // how long too much is asked for; 0 means 30 s
	Steady   time.Duration // how long before that just enough is; 0 means 4 s
	Times    int           // too much is so many times what it can do; 0 means 10
	Waiting  int           // how many tasks may wait; 0 means 256
	Grain    int           // rounds of a task, which computes; 0 means 500,000: about 1 ms
	Patience time.Duration // for the end of all calls, and for the throughput to come back; 0 means 10 s
	Endless  bool          // any number may wait: the mistake that must be caught

	stormy func() // what tests do when the storm begins
}

func (c Config) complete() Config {
	c.For, c.Steady, c.Patience = cmp.Or(c.For, 30*time.Second), cmp.Or(c.Steady, 4*time.Second), cmp.Or(c.Patience, 10*time.Second)
	c.Times, c.Waiting, c.Grain = cmp.Or(c.Times, 10), cmp.Or(c.Waiting, 256), cmp.Or(c.Grain, 500_000)
	return c
}

// tries is how often a level is overloaded before it is believed that it comes back late.
const tries = 3

// Run overloads one level. A machine that was slower for a few seconds looks like a level
// that did not recover; so one that is late is opened and overloaded again. What must
// never be counts at once.
func Run(ctx context.Context, spec fleet.Spec, c Config) (row *Row, err error) {
	for try := 1; try <= tries; try++ {
		row, err = once(ctx, spec, c.complete())
		if err != nil {
			return row, err
		}
		if row.Tries = try; !row.late() || len(row.Broken()) > 0 {
			return row, nil
		}
	}
	return row, nil
}

func once(ctx context.Context, spec fleet.Spec, c Config) (*Row, error) {
	work, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		return nil, err
	}
	t := &trial{Config: c, work: work, row: Row{Level: spec.String(), AtOnce: spec.AtOnce(), For: c.For, Times: c.Times}}
	if err := t.open(ctx, spec); err != nil {
		return nil, err
	}
	err = t.run(ctx)
	if closing := t.level.Close(); err == nil && closing != nil {
		err = fmt.Errorf("close %s: %w", spec, closing)
	}
	return &t.row, err
}

// open opens the level behind something that bounds what waits, and says how deep that is.
func (t *trial) open(ctx context.Context, spec fleet.Spec) error {
	waiting := t.Waiting
	if t.Endless {
		waiting = 0
	}
	queued := spec[0].Level == "machine" && spec[0].Impl == "queue"
	if queued {
		t.Fleet.MaxLength = waiting
	}
	f, err := fleet.Open(ctx, spec, t.Fleet)
	if err != nil {
		return bench.Environment(err)
	}
	t.row.Store = f.Store
	if queued {
		t.level, t.depth, t.row.Cap = f, f.Waiting, t.Waiting
		return nil
	}
	limit := &levels.Limit{Level: f, Tasks: t.row.AtOnce, Waiting: waiting}
	t.level, t.row.Cap = limit, t.row.AtOnce+t.Waiting
	t.depth = func(context.Context) (int, error) { return limit.Depth(), nil }
	return nil
}
