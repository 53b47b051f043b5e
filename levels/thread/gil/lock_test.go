package gil

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// The lock goes to those who wait in the order in which they came.
func TestOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lock{patience: 5 * time.Millisecond}
		l.acquire()
		var order, want []int
		for i := range 20 {
			go func() {
				l.acquire()
				order = append(order, i) // the lock guards it
				l.release()
			}()
			synctest.Wait() // it is in the queue
			want = append(want, i)
		}
		time.Sleep(time.Second) // nobody may take it from a holder who does not ask
		if len(order) > 0 {
			t.Errorf("%v had the lock while it was held", order)
		}
		l.release()
		synctest.Wait()
		if !slices.Equal(order, want) {
			t.Errorf("came in order, and had the lock in order %v", order)
		}
		if l.held || l.drop.Load() {
			t.Error("all have released, but the lock is held or asked for")
		}
	})
}

// A stay is how long one of several held the lock.
type stay struct {
	who  int
	time time.Duration
}

// compute checks every 100 µs until the time is over, as busy code does. It returns
// what it had of the lock.
func compute(l *lock, who int, until time.Time, stays *[]stay) {
	l.acquire()
	defer l.release()
	since := time.Now()
	for time.Now().Before(until) {
		time.Sleep(100 * time.Microsecond)
		turns := l.turns
		before := time.Now()
		l.check()
		if l.turns != turns {
			*stays = append(*stays, stay{who, before.Sub(since)}) // the lock guards it
			since = time.Now()
		}
	}
}

// Threads that compute take turns: each keeps the lock for the interval, and hands
// it over at its next check.
func TestTurns(t *testing.T) {
	for _, interval := range []time.Duration{5 * time.Millisecond, time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			l := &lock{patience: interval}
			var stays []stay
			until := time.Now().Add(100 * interval)
			var threads sync.WaitGroup
			for who := range 3 {
				threads.Go(func() { compute(l, who, until, &stays) })
				synctest.Wait() // so that they come in order
			}
			threads.Wait()
			if len(stays) < 60 {
				t.Fatalf("in 100 intervals of %v there were %d turns", interval, len(stays))
			}
			for i, s := range stays[:60] { // towards the end they leave
				if s.time < interval || s.time > interval+200*time.Microsecond {
					t.Errorf("interval %v, turn %d: thread %d had the lock for %v", interval, i, s.who, s.time)
				}
				if s.who != i%3 {
					t.Errorf("interval %v, turn %d: thread %d had it, after %d", interval, i, s.who, stays[max(i-1, 0)].who)
				}
			}
		})
	}
}

// Who is alone keeps the lock.
func TestAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lock{patience: 5 * time.Millisecond}
		var stays []stay
		compute(l, 0, time.Now().Add(time.Second), &stays)
		if len(stays) > 0 || l.turns != 1 {
			t.Errorf("a thread without rivals gave the lock up %d times", l.turns)
		}
	})
}

// A turn that is short is nobody's fault: a waiter asks those only who have kept
// the lock all the time that it is patient.
func TestPatienceBeginsAnewWithEachTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &lock{patience: 5 * time.Millisecond}
		l.acquire()
		for range 2 {
			go func() {
				l.acquire()
				time.Sleep(4 * time.Millisecond)
				l.release()
			}()
		}
		synctest.Wait()
		time.Sleep(4 * time.Millisecond)
		l.release()                      // to the first, at 4 ms
		time.Sleep(2 * time.Millisecond) // at 6 ms the second has waited 6, and the first held it 2
		if l.drop.Load() {
			t.Error("a holder was asked to hand over after 2 ms")
		}
		time.Sleep(time.Second)
	})
}

// Who is in a wait has nothing to hand over, though it asks its ctx.
func TestNoCheckInAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runtime.LockOSThread() // so that it is the ctx of this very thread
		defer runtime.UnlockOSThread()
		l := &lock{patience: 5 * time.Millisecond}
		ctx := &locked{Context: t.Context(), lock: l, thread: threadID(), away: true}
		l.acquire() // another's
		go func() { l.acquire(); l.release() }()
		time.Sleep(time.Second)
		if !l.drop.Load() {
			t.Fatal("nobody asks for the lock")
		}
		if turns := l.turns; ctx.Err() != nil || l.turns != turns {
			t.Errorf("a thread without the lock gave it up; its ctx says %v", ctx.Err())
		}
		l.release()
	})
}
