package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A team is a level in one round.
type team struct {
	name      string
	level     *fleet.Fleet
	collector *live.Collector // of workers in other processes
	track     *track

	took     time.Duration
	checksum uint32
}

// teams opens all levels, and serial as the last. It returns those that it has opened
// also if it fails.
func (c Config) teams(ctx context.Context, s *live.Stage, r round) (teams []*team, err error) {
	for _, name := range append(racers[:len(racers):len(racers)], "serial") {
		t := &team{name: name}
		teams = append(teams, t)
		if err := t.open(ctx, s, c, r); err != nil {
			return teams, fmt.Errorf("%s: %w", name, err)
		}
	}
	return teams, nil
}

// open opens the level as wide as the benchmarks run it, and warms it up: how long it
// takes to start is another story.
func (t *team) open(ctx context.Context, s *live.Stage, c Config, r round) (err error) {
	spec, err := fleet.Parse(t.name)
	if err != nil {
		return err
	}
	spec = bench.Widen(spec, r.work.Waits)
	t.track = newTrack(s, spec)
	waits := []string{"io"}
	config := fleet.Config{Funcs: live.Trace(workload.Funcs(), t.track, "", waits...), Worker: c.Worker}
	if spec[0].Level == "machine" || spec[0].Level == "process" {
		t.collector, err = live.Collect(t.track, live.CollectorConfig{
			Lane: func(p live.Peer, _ string) string { return strconv.Itoa(p.N) },
		})
		if err != nil {
			return err
		}
		config.Env = append(fleet.Env(), t.collector.Env())
	}
	if t.level, err = fleet.Open(ctx, spec, config); err != nil {
		return err
	}
	return t.warm(ctx, r, spec.AtOnce())
}

// warm makes every worker run something: its processes begin, its connections are made.
func (t *team) warm(ctx context.Context, r round, atOnce int) error {
	tasks := r.tasks(entries)
	if !r.work.Waits {
		cpu, err := workload.Find("cpu", workload.Env{})
		if err != nil {
			return err
		}
		tasks = round{work: cpu, size: 200_000}.tasks(8 * atOnce)
	}
	return failure(ctx, t.level.Run(ctx, live.NumberFrom(entries, tasks)))
}

// run runs the tasks, and returns when the last of them has been drawn.
func (t *team) run(ctx context.Context, r round, tasks []levels.Task, start time.Duration) error {
	numbered := live.Number(tasks)
	t.track.begin(start)
	begin := time.Now()
	results := t.level.Run(ctx, numbered)
	t.took = time.Since(begin)
	if err := failure(ctx, results); err != nil {
		return err
	}
	t.track.wait(ctx)
	outputs := make([][]byte, len(results))
	for i, result := range results {
		outputs[i] = result.Output
	}
	t.checksum = workload.Checksum(outputs)
	return r.work.Check(tasks[0].Input, outputs[0]) // the others must be what serial makes of them
}

func (t *team) close() error {
	var errs []error
	if t.level != nil {
		errs = append(errs, t.level.Close())
	}
	if t.collector != nil {
		errs = append(errs, t.collector.Close())
	}
	return errors.Join(errs...)
}

// collectors are those of the teams that have one.
func collectors(teams []*team) (all []*live.Collector) {
	for _, t := range teams {
		if t.collector != nil {
			all = append(all, t.collector)
		}
	}
	return all
}

// failure is the first error among results.
func failure(ctx context.Context, results []levels.Result) error {
	for _, r := range results {
		if r.Err != nil {
			return cmp.Or(context.Cause(ctx), r.Err)
		}
	}
	return nil
}

// tasks are n tasks of the round. Those that are the same share their input.
func (r round) tasks(n int) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		if i < r.work.Distinct {
			tasks[i] = r.work.Task(i, r.size)
		} else {
			tasks[i] = tasks[i%r.work.Distinct]
		}
	}
	return tasks
}

// A track takes the spans of a team to its lanes, and to the time since the team began.
type track struct {
	stage *live.Stage
	lanes []string // none for serial: it is counted only

	mu    sync.Mutex
	begun time.Duration // when the team did; 0 while it has not
	start time.Duration // of the lanes
	left  int           // tasks whose end was not heard of yet
	all   chan struct{} // is closed when that is 0
}

func newTrack(s *live.Stage, spec fleet.Spec) *track {
	t := &track{stage: s, left: entries, all: make(chan struct{})}
	if spec[0].Level == "serial" {
		return t
	}
	for i := range 2 {
		name := fmt.Sprint(spec[0].Level, " ", i+1)
		if many := (spec.AtOnce() + 1) / 2; many > 1 {
			name += fmt.Sprint(" ×", many)
		}
		t.lanes = append(t.lanes, name)
	}
	return t
}

// Now implements [live.Sink].
func (t *track) Now() time.Duration { return t.stage.Now() }

// Span implements [live.Sink]. Its lane is the number of a worker.
func (t *track) Span(s live.Span) {
	t.mu.Lock()
	defer t.mu.Unlock()
	worker, err := strconv.Atoi(s.Lane)
	if t.begun == 0 || s.Task >= entries || err != nil {
		return // warming up
	}
	if s.T1 != 0 {
		if t.left--; t.left == 0 {
			close(t.all)
		}
	}
	if len(t.lanes) == 0 {
		t.stage.Count(live.Count{Name: "serial, done", Value: float64(entries - t.left)})
		return
	}
	s.Lane = t.lanes[(worker-1)%len(t.lanes)]
	shift := int64(t.start - t.begun)
	s.T0 = max(1, s.T0+shift)
	if s.T1 != 0 {
		s.T1 = max(s.T0+1, s.T1+shift)
	}
	t.stage.Span(s)
}

// begin says that from now on it counts.
func (t *track) begin(start time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begun, t.start = t.stage.Now(), start
}

// wait returns when all tasks have been heard of. What a worker says comes on another way
// than its results, and may be a little later.
func (t *track) wait(ctx context.Context) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-t.all:
	case <-timer.C:
	case <-ctx.Done():
	}
}
