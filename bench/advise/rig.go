package advise

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/noise"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A rig holds levels open, each in two widths, so that their points can be measured in
// turns: what disturbs the machine for a while then disturbs all of them.
type rig struct {
	config fleet.Config
	round  float64 // seconds that a round of the chain takes
	open   map[seat]*fleet.Fleet
	tree   *usage.Tree

	patience time.Duration // left for waiting until the machine is quiet
}

// A seat is a level in one of its widths.
type seat struct {
	level string
	waits bool
}

// A point is what the tasks of a measurement do.
type point struct {
	seat
	cpu, wait time.Duration
	payload   int
	alone     bool          // one task after another, each handed over by itself
	long      time.Duration // how long to measure
}

// An outcome is what a point was measured to take, in seconds a task.
type outcome struct {
	wall, cpu float64
	free      float64 // share of the processors that others left
	batch     int
}

func newRig(ctx context.Context, c fleet.Config, names []string) (*rig, error) {
	r := &rig{config: c, open: map[seat]*fleet.Fleet{}}
	for _, name := range names {
		for _, waits := range []bool{false, true} {
			if err := r.seat(ctx, seat{name, waits}); err != nil {
				return nil, errors.Join(err, r.close())
			}
		}
	}
	r.tree = usage.NewTree()
	return r, nil
}

func (r *rig) seat(ctx context.Context, s seat) error {
	spec, err := fleet.Parse(s.level)
	if err != nil {
		return err
	}
	f, err := fleet.Open(ctx, bench.Widen(spec, s.waits), r.config)
	if err != nil {
		return bench.Environment(err)
	}
	r.open[s] = f
	return nil
}

func (r *rig) close() error {
	var err error
	for _, f := range r.open {
		err = errors.Join(err, f.Close())
	}
	return err
}

// learn finds out how long a round takes.
func (r *rig) learn(ctx context.Context) error {
	const rounds = 500_000
	w := workload.Mix(workload.Mixture{Rounds: rounds})
	task := w.Task(0, 0)
	var took []float64
	for range 9 {
		start := time.Now()
		result := r.config.Funcs.Do(ctx, task)
		took = append(took, time.Since(start).Seconds()/rounds)
		if result.Err != nil {
			return result.Err
		}
	}
	r.round = slices.Min(took) // whoever else ran can only have made it slower
	return nil
}

// measure runs the point for about as long as it says. What it returns is of tasks that
// were all done, and right.
func (r *rig) measure(ctx context.Context, p point, batch int) (outcome, error) {
	w := workload.Mix(workload.Mixture{Rounds: int(p.cpu.Seconds() / r.round), Wait: p.wait, Payload: p.payload, Seed: 1})
	l := r.open[p.seat]
	if batch == 0 {
		var err error
		if batch, err = r.size(ctx, l, w, p); err != nil {
			return outcome{}, err
		}
	}
	tasks := make([]levels.Task, batch)
	for i := range tasks {
		tasks[i] = w.Task(i%w.Distinct, 0)
		if i >= w.Distinct {
			tasks[i] = tasks[i%w.Distinct] // the inputs are shared, as they are only read
		}
	}
	runtime.GC() // the garbage of the point before is not this one's
	r.tree.Refresh()
	if err := r.quiet(ctx); err != nil {
		return outcome{}, err
	}
	before, _ := r.tree.CPU()
	watch := noise.Watch(r.tree.CPU)
	var wall time.Duration
	n := 0
	for n == 0 || wall < p.long/2 {
		start := time.Now()
		results := l.Run(ctx, tasks)
		wall += time.Since(start)
		n += len(results)
		if err := right(ctx, w, tasks, results); err != nil {
			return outcome{}, fmt.Errorf("%s: %w", p.level, err)
		}
	}
	after, _ := r.tree.CPU()
	return outcome{wall.Seconds() / float64(n), (after - before).Seconds() / float64(n), left(watch.Stop()), batch}, nil
}

// quiet waits for a moment in which nobody else needs the machine, until the patience for
// all points together is spent.
func (r *rig) quiet(ctx context.Context) error {
	if r.patience <= 0 {
		return nil
	}
	waited, _, err := noise.Quiet(ctx, noise.Config{Look: 20 * time.Millisecond, Patience: min(r.patience, time.Second)})
	r.patience -= waited
	return err
}

// size is how many tasks take about as long as the point says, within what memory
// allows, and as many for each place. The run that it takes to find out also warms up.
func (r *rig) size(ctx context.Context, l levels.Level, w workload.Workload, p point) (int, error) {
	if p.alone {
		return 1, nil
	}
	places := r.places(p.seat)
	least := max(64, 2*places) // slices are up to 16 tasks, and each worker should get some
	n := least
	for {
		tasks := make([]levels.Task, n)
		for i := range tasks {
			tasks[i] = w.Task(i%w.Distinct, 0)
		}
		start := time.Now()
		results := l.Run(ctx, tasks)
		took := time.Since(start)
		if err := right(ctx, w, tasks, results); err != nil {
			return 0, fmt.Errorf("%s: %w", p.level, err)
		}
		most := min(maxBatch, maxBytes/(p.payload+64))
		want := int(float64(n) * p.long.Seconds() / max(took.Seconds(), 1e-9))
		if took > p.long/8 || want >= most || n >= most {
			n = max(least, min(want, most))
			return max(1, n/places) * places, nil
		}
		n = min(4*n, most)
	}
}

const (
	maxBatch = 1 << 16
	maxBytes = 32 << 20
)

func (r *rig) places(s seat) int {
	spec, err := fleet.Parse(s.level)
	if err != nil {
		return 1
	}
	return bench.Widen(spec, s.waits).AtOnce()
}

// right says what is wrong with results. The outputs of the first tasks stand for all.
func right(ctx context.Context, w workload.Workload, tasks []levels.Task, results []levels.Result) error {
	for i, r := range results {
		if r.Err != nil {
			return cmp.Or(context.Cause(ctx), r.Err)
		}
		if i < w.Distinct {
			if err := w.Check(tasks[i].Input, r.Output); err != nil {
				return err
			}
		}
	}
	return nil
}

// median of what pick says of the outcomes.
func median(outcomes []outcome, pick func(outcome) float64) float64 {
	values := make([]float64, len(outcomes))
	for i, o := range outcomes {
		values[i] = pick(o)
	}
	return stat.Median(values)
}

func wall(o outcome) float64 { return o.wall }
func cpu(o outcome) float64  { return o.cpu }

// used is the wall time of a point that needs processors, as it had been had nobody else
// taken any.
func used(o outcome) float64 { return o.wall * o.free }

func free(o outcome) float64 { return o.free }
