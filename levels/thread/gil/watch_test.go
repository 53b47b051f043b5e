package gil_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

// A watcher is told of each wait for the lock, each hold and each wait without it, by
// numbers that begin with 0; and never that two hold the lock.
func TestWatch(t *testing.T) {
	const threads = 4
	var mu sync.Mutex
	did := map[int][]gil.Doing{}
	holders := 0
	l := open(t, gil.Config{
		Threads: threads, Switch: time.Microsecond,
		Funcs: levels.Funcs{"work": func(ctx context.Context, _ []byte) ([]byte, error) {
			for range 50 {
				ctx.Err()
				gil.Release(ctx, func() {})
			}
			return nil, nil
		}},
		Watch: func(thread int, does gil.Doing) {
			mu.Lock()
			defer mu.Unlock()
			if past := did[thread]; len(past) > 0 && past[len(past)-1] == gil.Holds {
				holders--
			}
			if did[thread] = append(did[thread], does); does == gil.Holds {
				holders++
			}
			if holders > 1 {
				t.Errorf("%d threads hold the lock", holders)
			}
		},
	})
	run(t, l, calls("work", 100))
	l.Close()
	waits := 0
	for thread, all := range did {
		if thread < 0 || thread >= threads {
			t.Errorf("a thread has the number %d, of %d threads", thread, threads)
		}
		checkOrder(t, thread, all)
		for _, does := range all {
			if does == gil.Away {
				waits++
			}
		}
	}
	if waits != 100*50 {
		t.Errorf("saw %d waits without the lock, want %d", waits, 100*50)
	}
}

// checkOrder fails the test if a thread does what it cannot after what it did before.
func checkOrder(t *testing.T, thread int, all []gil.Doing) {
	t.Helper()
	may := map[gil.Doing][]gil.Doing{
		gil.Wants: {gil.Holds},
		gil.Holds: {gil.Wants, gil.Away, gil.Gone},
		gil.Away:  {gil.Wants},
		gil.Gone:  {gil.Wants},
	}
	before := gil.Gone
	for i, does := range all {
		if !slices.Contains(may[before], does) {
			t.Errorf("thread %d did %d after %d, at %d of %d", thread, does, before, i, len(all))
		}
		before = does
	}
	if before != gil.Gone {
		t.Errorf("thread %d ended with %d", thread, before)
	}
}

// What a watcher sees of two that compute: they take turns, for the interval each.
func TestWatchTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval = 5 * time.Millisecond
		var mu sync.Mutex
		var turns []int
		l := open(t, gil.Config{
			Threads: 2, Switch: interval,
			Funcs: levels.Funcs{"busy": busy(100 * time.Microsecond)},
			Watch: func(thread int, does gil.Doing) {
				mu.Lock()
				defer mu.Unlock()
				if does == gil.Holds {
					turns = append(turns, thread)
				}
			},
		})
		defer l.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 20*interval)
		defer cancel()
		l.Run(ctx, calls("busy", 2))
		mu.Lock()
		defer mu.Unlock()
		if len(turns) < 15 {
			t.Fatalf("in 20 intervals there were %d turns", len(turns))
		}
		for i, thread := range turns {
			if i > 0 && thread == turns[i-1] {
				t.Errorf("turn %d: thread %d had the lock twice running", i, thread)
			}
		}
	})
}
