package gil

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A lock is one token. Threads take it in the order in which they asked, and it is
// handed from one to the next, so it is never free while somebody waits.
type lock struct {
	patience time.Duration // how long a waiter waits before it asks
	drop     atomic.Bool   // a waiter asks the holder to hand over

	mu    sync.Mutex // guards the rest
	held  bool
	turns int             // how often it was given up
	queue []chan struct{} // closed when the lock is theirs
}

// acquire waits for the lock.
func (l *lock) acquire() {
	l.mu.Lock()
	if !l.held {
		l.held = true
		l.mu.Unlock()
		return
	}
	l.enqueue()
}

// release gives the lock to the next, if any.
func (l *lock) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass()
}

// check hands over if a waiter has asked for it. The holder queues behind all, and
// returns when it has the lock again.
func (l *lock) check() {
	if !l.drop.Load() {
		return
	}
	l.mu.Lock()
	l.pass() // to somebody: whoever asked is still there
	l.enqueue()
}

// pass is called with mu held, by the holder.
func (l *lock) pass() {
	l.drop.Store(false) // a request is to one holder only
	l.turns++
	if len(l.queue) == 0 {
		l.held = false
		return
	}
	close(l.queue[0])
	l.queue = slices.Delete(l.queue, 0, 1)
}

// enqueue is called with mu held, and unlocks it. It returns with the lock.
//
// As in CPython a waiter counts its patience anew when the lock has changed hands:
// each holder may have the whole interval.
func (l *lock) enqueue() {
	mine, turns := make(chan struct{}), l.turns
	l.queue = append(l.queue, mine)
	l.mu.Unlock()
	timer := time.NewTimer(l.patience)
	defer timer.Stop()
	for {
		select {
		case <-mine:
			return
		case <-timer.C:
			turns = l.demand(mine, turns)
			timer.Reset(l.patience)
		}
	}
}

// demand asks the holder to hand over if it is the same as it was. It returns the
// number of turns so far.
func (l *lock) demand(mine chan struct{}, turns int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.turns == turns && slices.Contains(l.queue, mine) { // else the lock is mine by now
		l.drop.Store(true)
	}
	return l.turns
}
