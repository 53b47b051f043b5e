package bench_test

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
)

// hold is a task that waits for the duration in its input: it holds what a task in
// flight holds.
func hold(ctx context.Context, input []byte) ([]byte, error) {
	d, err := time.ParseDuration(string(input))
	if err != nil {
		return nil, fmt.Errorf("hold: %w", err)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return input, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// inFlight is the memory that one waiting task more takes, of all processes of the
// level: what is held with 256, or 16 if each needs a process, less what is held with
// one. So a thread or a process that stands by for a task is in the price, and what is
// there only once is not. It is the median of three, or of those in which the level was
// full. Where that is not above 0, the heap's own ups and downs were more than the tasks:
// then it is not known, and not 0.
//
// It says nothing of levels whose tasks cannot wait in this way: where they would block
// an event loop, or are not written in Go.
func inFlight(b *testing.B, c bench.Cell) (bytes float64, ok bool) {
	wide := slices.Clone(c.Spec)
	for i := range wide {
		if wide[i].Impl == "loop" || wide[i].Impl == "gil" || wide[i].Level == "python" {
			return 0, false
		}
		wide[i].Width = 0
	}
	if len(wide) == 2 && wide[0].Level == "machine" && wide[1].Level == "async" && wide[1].Impl == "pool" {
		wide = wide[:1] // which Widen makes as wide as it should be
	}
	if wide[0].Level == "thread" { // so small that it would be lost among what the heap does
		wide[0].Width = 256
	}
	wide = bench.Widen(wide, true)
	narrow := slices.Clone(wide)
	narrow[len(narrow)-1].Width = 1
	more := wide.AtOnce() - narrow.AtOnce()
	if more <= 0 {
		return 0, false
	}
	var all []float64
	for range 3 {
		with, full := held(b, c, wide)
		without, _ := held(b, c, narrow)
		if full {
			all = append(all, float64(with-without)/float64(more))
		}
	}
	bytes = stat.Median(all)
	return bytes, bytes > 0 // not of NaN, the median of none
}

// held is the memory of a level that is full of waiting tasks, at its most. It is handed
// four times as many as can wait at once, for not every level spreads just enough tasks
// evenly. If nobody knows, or if it took so long that the level cannot have been full, it
// says so.
func held(b *testing.B, c bench.Cell, s fleet.Spec) (most int64, full bool) {
	const wait, times = 50 * time.Millisecond, 4
	l, err := fleet.Open(world.ctx, s, configOf(c))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	run := func(wait time.Duration) error {
		tasks := slices.Repeat([]levels.Task{{Func: "hold", Input: []byte(wait.String())}}, times*s.AtOnce())
		for _, r := range l.Run(world.ctx, tasks) {
			if r.Err != nil {
				return r.Err
			}
		}
		return nil
	}
	if err := run(time.Millisecond); err != nil { // and all workers have started
		b.Fatal(err)
	}
	debug.FreeOSMemory()
	tree := usage.NewTree(exclude()...)
	done, start := make(chan error, 1), time.Now()
	go func() { done <- run(wait) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				b.Fatal(err)
			}
			took := time.Since(start)
			noteFaults(b, l)
			return most, most > 0 && took < 2*times*wait
		case <-time.After(wait / 5):
			now, _ := tree.Held()
			most = max(most, now)
		}
	}
}
