package gil

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// run runs the first n tasks of a workload at once, and says how long they took.
// Their outputs are checked.
func (m *meter) run(ctx context.Context, l levels.Level, w workload.Workload, grain, n int) (time.Duration, error) {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = w.Task(i, grain)
	}
	start := time.Now()
	results := l.Run(ctx, tasks)
	took := time.Since(start)
	for i, r := range results {
		if r.Err != nil {
			return 0, r.Err
		}
		if err := w.Check(tasks[i].Input, r.Output); err != nil {
			return 0, err
		}
	}
	return took, nil
}

func (m *meter) round(ctx context.Context, t *trio, row *Row) error {
	compute, err := m.against(ctx, t.one, t.two, m.cpu, t.grain, Two)
	if err != nil {
		return err
	}
	overlap, err := m.against(ctx, t.one, t.many, m.Long, 0, Many)
	if err != nil {
		return err
	}
	alone, err := m.waits(ctx, t.two)
	if err != nil {
		return err
	}
	beside, err := m.beside(ctx, t)
	if err != nil {
		return err
	}
	row.Compute, row.Overlap = append(row.Compute, compute), append(row.Overlap, overlap)
	row.Alone, row.Beside = append(row.Alone, alone), append(row.Beside, beside)
	return nil
}

// against runs tasks at two widths, three times in turn, and returns how many times
// as fast the second was. It gets four times as many as the n of the first, so that
// hardly any worker idles at its end. The fastest of the three counts at either: the
// others were disturbed, for the work is the same.
func (m *meter) against(ctx context.Context, narrow, wide levels.Level, w workload.Workload, grain, n int) (float64, error) {
	var slow, fast []time.Duration
	for range 3 {
		one, err := m.run(ctx, narrow, w, grain, n)
		if err != nil {
			return 0, err
		}
		many, err := m.run(ctx, wide, w, grain, 4*n)
		if err != nil {
			return 0, err
		}
		slow, fast = append(slow, one), append(fast, many)
	}
	return 4 * float64(slices.Min(slow)) / float64(max(slices.Min(fast), 1)), nil
}

// waits runs short waits, one at a time, and returns their median.
func (m *meter) waits(ctx context.Context, l levels.Level) (time.Duration, error) {
	all := make([]time.Duration, m.Waits)
	for i := range all {
		took, err := m.run(ctx, l, m.Short, 0, 1)
		if err != nil {
			return 0, err
		}
		all[i] = took
	}
	return Median(all), nil
}

// beside is waits while another caller keeps one task that computes in flight.
func (m *meter) beside(ctx context.Context, t *trio) (time.Duration, error) {
	var busy error
	var computing sync.WaitGroup
	enough := make(chan struct{})
	computing.Go(func() { // waited for below
		for busy == nil {
			select {
			case <-enough:
				return
			default:
				_, busy = m.run(ctx, t.two, m.cpu, t.grain, 1)
			}
		}
	})
	p50, err := m.waits(ctx, t.two)
	close(enough) // and not by the end of a ctx, which would cost the level its workers
	computing.Wait()
	return p50, cmp.Or(err, busy)
}

// Median is the middle of the samples, and of two middles their mean.
func Median[T float64 | time.Duration](samples []T) T {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
