package queue_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// An hourglass is a store whose clock is not that of the programs that use it. They
// share a bubble; its clock is theirs, moved by the offset. What expires in it does so
// by its clock.
type hourglass struct {
	*rig
	*miniredis.Miniredis
	offset atomic.Int64
}

// off runs a test on a store whose clock is off.
func off(t *testing.T, offset time.Duration, test func(*hourglass)) {
	bubble(t, func(r *rig) {
		h := &hourglass{rig: r, Miniredis: miniredis.NewMiniRedis()}
		h.shift(offset)
		h.ClockTTL(true)
		r.Cleanup(h.Miniredis.Close)
		ctx, cancel := context.WithCancel(context.Background())
		var ticking sync.WaitGroup
		ticking.Go(func() {
			for ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
				h.SetTime(h.clock())
			}
		})
		r.Cleanup(func() { cancel(); ticking.Wait() })
		test(h)
	})
}

// shift moves the store's clock.
func (h *hourglass) shift(d time.Duration) {
	h.offset.Add(int64(d))
	h.SetTime(h.clock())
}

// clock is what the store's clock shows.
func (h *hourglass) clock() time.Time {
	return time.Now().Add(time.Duration(h.offset.Load())).Truncate(time.Millisecond)
}

// offsets are how far the clocks are off: not by whole ticks of an entry.
var offsets = []time.Duration{time.Hour + 2*time.Second, -time.Hour - 2*time.Second}

// hears starts a worker that tells when it runs which job of echo.
func (h *hourglass) hears(q *queue.Queue, heard chan<- string, crons ...string) (stop func()) {
	h.Helper()
	begun := time.Now()
	w := h.worker(q, queue.WorkerConfig{})
	queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
		if d := h.clock().Sub(queue.AttemptOf(ctx).Enqueued); d < 0 || d > 20*time.Second {
			h.Errorf("%s: by the clock of Redis it was enqueued %v ago", s, d)
		}
		heard <- fmt.Sprint(s, " ", time.Since(begun).Round(100*time.Millisecond))
		return s, nil
	})
	for _, spec := range crons {
		if err := queue.Cron(w, spec, echo, "cron"); err != nil {
			h.Fatal(err)
		}
	}
	return h.work(w)
}

// A program whose clock is an hour off defers, expires, keeps and repeats jobs like
// any other.
func TestClockOff(t *testing.T) {
	if !apart(t) {
		return
	}
	for _, offset := range offsets {
		off(t, offset, func(h *hourglass) {
			q, heard := h.wired(h.Miniredis, &wires{}), make(chan string, 10)
			leave := func(s string, opts ...queue.Option) *queue.Job[string] {
				j, err := echo.Enqueue(h.Context(), q, s, append(opts, queue.Track(), queue.KeepFor(20*time.Second))...)
				if err != nil {
					h.Fatal(err)
				}
				return j
			}
			expired, patient := leave("expired", queue.Expires(5*time.Second)), leave("patient", queue.Expires(20*time.Second))
			time.Sleep(7 * time.Second)
			late := h.clock().Truncate(10 * time.Second).Add(10 * time.Second) // the next tick
			tick := late.Sub(h.clock())
			stop := h.hears(h.wired(h.Miniredis, &wires{}), heard, "@every 10s")
			leave("in", queue.In(4*time.Second))
			leave("at", queue.At(h.clock().Add(5*time.Second)), queue.Expires(time.Second))
			if _, err := expired.Wait(h.Context()); !errors.Is(err, queue.ErrExpired) {
				h.Errorf("%v, want %v", err, queue.ErrExpired)
			}
			if s, err := patient.Wait(h.Context()); s != "patient" || err != nil {
				h.Errorf("%q, %v", s, err)
			}
			time.Sleep(10 * time.Second)
			want := map[string]bool{"patient 0s": true, "in 4s": true, "at 5s": true, fmt.Sprint("cron ", tick.Round(100*time.Millisecond)): true}
			for len(heard) > 0 {
				s := <-heard
				if !want[s] {
					h.Errorf("%v: %s", offset, s)
				}
				delete(want, s)
			}
			if len(want) > 0 {
				h.Errorf("%v: these did not run: %v", offset, want)
			}
			if s, err := patient.Wait(h.Context()); s != "patient" || err != nil {
				h.Errorf("after 10 s: %q, %v", s, err)
			}
			time.Sleep(15 * time.Second)
			if s, err := patient.Status(h.Context()); s != queue.Unknown || err != nil {
				h.Errorf("after 25 s: %s, %v, want %s", s, err, queue.Unknown)
			}
			stop()
		})
	}
}

// The lease of a worker whose clock is an hour off ends when any other would.
func TestClockOffLease(t *testing.T) {
	if !apart(t) {
		return
	}
	for _, offset := range offsets {
		off(t, offset, func(h *hourglass) {
			var gone wires
			d, _ := h.labour(h.wired(h.Miniredis, &gone), queue.WorkerConfig{})
			q := h.wired(h.Miniredis, &wires{})
			calls := h.call(q, "ignore", 0, 1)
			time.Sleep(time.Minute) // six leases long
			h.labour(q, queue.WorkerConfig{})
			time.Sleep(30 * time.Second)
			gone.cut()
			cut := time.Now()
			h.wantResults(calls, 0, 2)
			if took := time.Since(cut); took < 9*time.Second || took > 11*time.Second {
				h.Errorf("%v: another worker had it after %v, want 10 s", offset, took)
			}
			gone.mend()
			close(d.release)
			h.eventually("the first try ends", func() bool { return d.count("end") == 1 })
			if c := h.counters(q); c.Done != 1 || c.Lost != 1 {
				h.Errorf("%v: %+v, want 1 done and 1 lost", offset, c)
			}
		})
	}
}

// The clock of Redis jumps by an hour while jobs wait, run, are deferred and called.
// None is lost, and each call gets its result.
func TestClockJumps(t *testing.T) {
	if !apart(t) {
		return
	}
	for _, jump := range offsets {
		off(t, 0, func(h *hourglass) {
			q := h.wired(h.Miniredis, &wires{})
			var mu sync.Mutex
			ran := map[int]int{}
			for range 2 {
				w := h.worker(h.wired(h.Miniredis, &wires{}), queue.WorkerConfig{Concurrency: 5})
				queue.Handle(w, double, func(_ context.Context, n int) (int, error) {
					time.Sleep(2 * time.Second)
					mu.Lock()
					defer mu.Unlock()
					ran[n]++
					return 2 * n, nil
				})
				h.work(w)
			}
			calls := make([]<-chan result[int], 20)
			enqueue := func(n int, opts ...queue.Option) {
				if _, err := double.Enqueue(h.Context(), q, n, opts...); err != nil {
					h.Errorf("%v: enqueue %d: %v", jump, n, err)
				}
			}
			for i := range calls { // ten run, ten wait
				calls[i] = in(func() (int, error) { return double.Call(h.Context(), q, i, queue.Expires(3*time.Hour)) })
			}
			synctest.Wait()
			for i := range 10 {
				enqueue(20 + i)
				enqueue(30+i, queue.Track())
				enqueue(40+i, queue.In(30*time.Second))
			}
			time.Sleep(time.Second)
			h.shift(jump)
			for i := range 10 {
				enqueue(50 + i)
				enqueue(60+i, queue.In(10*time.Second))
			}
			for i, c := range calls {
				if got := <-c; got.v != 2*i || got.err != nil {
					h.Errorf("%v: call %d: %d, %v", jump, i, got.v, got.err)
				}
			}
			time.Sleep(time.Minute - min(0, jump))
			for i := range 5 {
				if got, err := double.Call(h.Context(), q, 100+i); got != 200+2*i || err != nil {
					h.Errorf("%v: a call after the jump: %d, %v", jump, got, err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			again := 0
			for n := range 70 {
				if ran[n] == 0 {
					h.Errorf("%v: job %d is lost", jump, n)
				}
				again += max(0, ran[n]-1)
			}
			h.Logf("a jump of %v: %d jobs ran again", jump, again)
		})
	}
}
