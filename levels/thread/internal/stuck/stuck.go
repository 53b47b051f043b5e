// Package stuck tells goroutines that wait for ever from those that only take their time,
// by what the runtime says they are doing: no clock decides.
package stuck

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
)

// patience is for callers that wait in a way that may yet end, as in a select.
const patience = 2 * time.Second

// Callers are goroutines that run the same function, and may wait for each other.
type Callers struct{ ids []int }

// New counts the callers; Run starts them.
func New(n int) *Callers { return &Callers{ids: make([]int, n)} }

// Run calls f(0) to f(n-1) at once, each in a goroutine of its own. It returns when all
// have returned, or when those that are left cannot, because each waits for a lock. It
// returns how many these are; they stay behind.
func (c *Callers) Run(ctx context.Context, f func(i int)) (left int) {
	var here atomic.Int64
	returned := make(chan struct{}, len(c.ids))
	for i := range c.ids {
		go func() { // waited for below, unless it is stuck
			c.ids[i] = ID()
			here.Add(1)
			for here.Load() < int64(len(c.ids)) {
				runtime.Gosched() // not to be taken for one that waits
			}
			f(i)
			returned <- struct{}{}
		}()
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	left = len(c.ids)
	for looks := 0; left > 0 && looks < 2; { // one would do, if all locks were the callers'
		select {
		case <-returned:
			left--
		case <-ctx.Done():
			return left
		case <-time.After(time.Millisecond):
			looks++
			if here.Load() < int64(len(c.ids)) || c.count(locked) < left {
				looks = 0
			}
		}
	}
	return left
}

// Idle reports whether no caller but the one that asks will do anything by itself: each of
// the others has returned, or waits.
func (c *Callers) Idle() bool { return c.count(waits) >= len(c.ids)-1 }

func (c *Callers) count(is func(state string) bool) (n int) {
	states := States()
	for _, id := range c.ids {
		if is(states[id]) {
			n++
		}
	}
	return n
}

func locked(state string) bool {
	return strings.HasPrefix(state, "sync.Mutex.") || strings.HasPrefix(state, "sync.RWMutex.")
}

func waits(state string) bool {
	return state == "" || strings.HasPrefix(state, "sync.") ||
		strings.HasPrefix(state, "chan ") || strings.HasPrefix(state, "select")
}
