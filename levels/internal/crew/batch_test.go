package crew_test

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/crew"
)

type worker struct{ levels.Funcs }

func (w worker) Work(b *crew.Batch) {
	crew.Each(b, func(ctx context.Context, tasks []levels.Task, results []levels.Result) {
		crew.Do(ctx, w.Funcs, tasks, results)
	})
}

func (worker) Ready() bool  { return true }
func (worker) Close() error { return nil }

// Claims cover the batch once, are large at first, and end with single tasks.
func TestClaims(t *testing.T) {
	b := crew.NewBatch(t.Context(), make([]levels.Task, 10_000), 2)
	next, size := 0, 10_000
	for lo, hi := b.Claim(1); lo < hi; lo, hi = b.Claim(1) {
		if lo != next || hi-lo > size || hi-lo > 1024 {
			t.Fatalf("claim [%d, %d) after %d, and after one of %d tasks", lo, hi, next, size)
		}
		next, size = hi, hi-lo
	}
	if next != 10_000 || size != 1 || !b.Claimed() {
		t.Errorf("claims end at %d with a slice of %d", next, size)
	}
}

// What fails are the tasks that nobody has claimed, and those only.
func TestFail(t *testing.T) {
	b := crew.NewBatch(t.Context(), make([]levels.Task, 100), 2)
	lo, hi := b.Claim(1)
	b.Fail(levels.ErrClosed)
	b.Fail(context.Canceled) // too late for all
	b.Finish(hi - lo)
	<-b.Done()
	for i, r := range b.Results {
		if claimed := i < hi; claimed != (r.Err == nil) || r.Err == context.Canceled {
			t.Errorf("result %d: %v", i, r.Err)
		}
	}
}

// Where a hand-over has a price, small tasks come in slices that are worth it,
// and large ones one by one in the end.
func TestSlicesAreWorthTheirPrice(t *testing.T) {
	b := crew.NewBatch(t.Context(), make([]levels.Task, 1000), 2)
	smallest := 1000
	for lo, hi := b.Claim(100); lo < hi; lo, hi = b.Claim(100) {
		if hi < 1000 {
			smallest = min(smallest, hi-lo)
		}
	}
	if smallest < 100 {
		t.Errorf("a slice has %d tasks, and was to have 100", smallest)
	}
}

// When a Func panics nobody is told that its slice is done: whoever waits would take what
// is not there for results, until the program is dead. When it ends its goroutine they are.
func TestPanicIsNoResult(t *testing.T) {
	for name, f := range map[string]func(){"panic": func() { panic("ouch") }, "goexit": runtime.Goexit} {
		b := crew.NewBatch(t.Context(), make([]levels.Task, 1), 1)
		var gone sync.WaitGroup
		gone.Go(func() {
			defer func() { recover() }() // which no level does
			crew.Each(b, func(context.Context, []levels.Task, []levels.Result) { f() })
		})
		gone.Wait()
		select {
		case <-b.Done():
			if name == "panic" {
				t.Error("after a panic the batch is done")
			}
		default:
			if name == "goexit" {
				t.Error("after Goexit the batch is not done")
			}
		}
	}
}
