package peers

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// A tally counts how often each job of a turn ran.
type tally struct {
	runs []atomic.Uint32
	left atomic.Int64
	last string        // the id of the job that began last; read it after done
	done chan struct{} // closed when all ran
	odd  atomic.Int64  // runs of jobs that do not exist

	began chan time.Time // if set, told when a job begins; it has room for one
}

func newTally(jobs int) *tally {
	t := &tally{runs: make([]atomic.Uint32, jobs), done: make(chan struct{})}
	t.left.Store(int64(jobs))
	return t
}

// ran counts a run of job n, and asks for its id if it is the last.
func (t *tally) ran(n int, id func() string) {
	if n < 0 || n >= len(t.runs) {
		t.odd.Add(1)
		return
	}
	t.runs[n].Add(1)
	if t.began != nil {
		t.began <- time.Now()
	}
	if t.left.Add(-1) == 0 {
		t.last = id()
		close(t.done)
	}
}

// wait waits until all jobs ran.
func (t *tally) wait(ctx context.Context) error {
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%d of %d jobs did not run: %w", t.left.Load(), len(t.runs), ctx.Err())
	}
}

// check returns an error unless each job ran exactly once. The workers must
// have ended.
func (t *tally) check() error {
	if n := t.odd.Load(); n > 0 {
		return fmt.Errorf("%d jobs ran that nobody enqueued", n)
	}
	for i := range t.runs {
		if n := t.runs[i].Load(); n != 1 {
			return fmt.Errorf("job %d of %d ran %d times", i, len(t.runs), n)
		}
	}
	return nil
}

// answer is the right result of job n.
func answer(n int) int { return 3*n + 1 }

// until asks again and again, at most for as long as ctx lasts.
func until(ctx context.Context, what string, ok func() (bool, error)) error {
	for {
		if good, err := ok(); good || err != nil {
			return err
		}
		select {
		case <-time.After(100 * time.Microsecond):
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
}

// rate is jobs a second.
func rate(jobs int, took time.Duration) float64 { return float64(jobs) / took.Seconds() }
