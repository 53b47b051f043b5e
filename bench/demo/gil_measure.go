package demo

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// How often each comparison is made. What computes is short and often, for who shares the
// machine with others may have it for himself only now and then.
const (
	gilComputes = 20
	gilOverlaps = 5
)

// gilRoundsPerSecond is about what a processor computes. Work is never measured in time:
// it only says how large the tasks are.
const gilRoundsPerSecond = 500_000_000

// rounds are about so much computing, at the show's pace.
func (g *gilShow) rounds(d time.Duration) int {
	return max(10_000, int(g.scaled(d).Seconds()*gilRoundsPerSecond))
}

// gilCompute is a task that computes.
func gilCompute(i, rounds int) levels.Task {
	w, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		panic(err) // it needs nothing
	}
	return w.Task(i, rounds)
}

// gilTask is a task that waits n times.
func gilTask(n int, each time.Duration) levels.Task {
	input, err := json.Marshal(gilWaiting{N: n, Each: each})
	if err != nil {
		panic(err) // numbers can be encoded
	}
	return levels.Task{Func: "waits", Input: input}
}

func (g *gilShow) measureCompute(ctx context.Context, s *gilSubject) (err error) {
	var tasks []levels.Task
	for i := range 4 {
		tasks = append(tasks, gilCompute(i, g.rounds(10*time.Millisecond)))
	}
	s.row.compute, err = gain(ctx, s.one, s.two, tasks, gilComputes)
	return err
}

func (g *gilShow) measureOverlap(ctx context.Context, s *gilSubject) (err error) {
	var tasks []levels.Task
	for range gilThreads {
		tasks = append(tasks, gilTask(1, max(2*time.Millisecond, g.scaled(20*time.Millisecond))))
	}
	s.row.overlap, err = gain(ctx, s.one, s.many, tasks, gilOverlaps)
	return err
}

// gain is how many times as fast the second level runs tasks as the first. They take turns,
// so that both see the same machine, and the fastest turn of each counts: the others were
// disturbed, for the work is the same.
func gain(ctx context.Context, one, more levels.Level, tasks []levels.Task, rounds int) (float64, error) {
	var alone, together []time.Duration
	for round := range 1 + rounds {
		for _, l := range []struct {
			level levels.Level
			took  *[]time.Duration
		}{{one, &alone}, {more, &together}} {
			begin := time.Now()
			if err := failure(ctx, l.level.Run(ctx, tasks)); err != nil {
				return 0, err
			}
			if round > 0 { // in the first, processes start
				*l.took = append(*l.took, max(1, time.Since(begin)))
			}
		}
	}
	return float64(slices.Min(alone)) / float64(slices.Min(together)), nil
}

// measureConvoy measures waits, alone and beside a worker that computes.
func (g *gilShow) measureConvoy(ctx context.Context, s *gilSubject) (err error) {
	n := max(20, int(g.scaled(150)))
	if s.row.alone, err = waitOf(ctx, s.two, n); err != nil {
		return err
	}
	var busy error
	var computing sync.WaitGroup
	enough, begun := make(chan struct{}), make(chan struct{}, 1)
	computing.Go(func() { // waited for below
		for busy == nil {
			select {
			case <-enough:
				return
			case begun <- struct{}{}:
			default:
			}
			busy = failure(ctx, s.two.Run(ctx, []levels.Task{gilCompute(0, g.rounds(200*time.Millisecond))}))
		}
	})
	<-begun
	s.row.beside, err = waitOf(ctx, s.two, n)
	close(enough) // and not by the end of a ctx, which would cost the level its workers
	computing.Wait()
	return cmp.Or(err, busy)
}

// waitOf is how long a wait takes until who waited can go on, the median of n.
func waitOf(ctx context.Context, l levels.Level, n int) (time.Duration, error) {
	r := l.Run(ctx, []levels.Task{gilTask(n, gilWaits)})
	if err := failure(ctx, r); err != nil {
		return 0, err
	}
	var took []time.Duration
	if err := json.Unmarshal(r[0].Output, &took); err != nil {
		return 0, fmt.Errorf("times of waits: %w", err)
	}
	if len(took) != n {
		return 0, fmt.Errorf("of %d waits there are %d times", n, len(took))
	}
	return middle(took), nil
}

func middle(took []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[len(sorted)/2]
}
