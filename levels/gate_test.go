package levels_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

func TestGateWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g levels.Gate
		for range 2 {
			if !g.Enter() {
				t.Fatal("the zero gate is not open")
			}
		}
		var closed atomic.Int32
		for range 2 { // whoever closes waits, not only the first
			go func() {
				if err := g.Close(); err != nil {
					t.Errorf("Close fails: %v", err)
				}
				closed.Add(1)
			}()
		}
		for inside := 2; inside > 0; inside-- {
			synctest.Wait()
			if closed.Load() != 0 {
				t.Fatalf("closed with %d inside", inside)
			}
			if g.Enter() {
				t.Error("one who is late gets in")
			}
			g.Leave()
		}
		synctest.Wait()
		if closed.Load() != 2 {
			t.Errorf("nobody is inside, and %d of 2 calls of Close have returned", closed.Load())
		}
		if g.Close(); g.Enter() {
			t.Error("a closed gate lets somebody in")
		}
	})
}

// Many come and go while the gate closes: once it is closed nobody is inside.
func TestGateCrowd(t *testing.T) {
	var g levels.Gate
	var inside atomic.Int64
	var crowd sync.WaitGroup
	for range 8 {
		crowd.Go(func() {
			for g.Enter() {
				inside.Add(1)
				inside.Add(-1)
				g.Leave()
			}
		})
	}
	g.Close()
	if n := inside.Load(); n != 0 {
		t.Errorf("%d are inside a closed gate", n)
	}
	crowd.Wait()
}

func TestFailed(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		results := levels.Failed(n, levels.ErrLost)
		if len(results) != n {
			t.Errorf("%d results, want %d", len(results), n)
		}
		for i, r := range results {
			if !errors.Is(r.Err, levels.ErrLost) || r.Output != nil {
				t.Errorf("result %d is %q, %v", i, r.Output, r.Err)
			}
		}
	}
}

// Close of a level with a gate waits for its calls, however long they take.
func TestGateInLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &levels.Serial{Funcs: sleepers}
		var running sync.WaitGroup
		running.Go(func() {
			for i, r := range l.Run(t.Context(), numbers(0, 60)) {
				if err := done(i, r); err != nil {
					t.Error(err)
				}
			}
		})
		synctest.Wait()
		start := time.Now()
		l.Close()
		if d := time.Since(start); d != time.Minute {
			t.Errorf("closed after %v, want a minute for 60 tasks of a second", d)
		}
		running.Wait()
	})
}
