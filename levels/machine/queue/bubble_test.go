package queue_test

import (
	"context"
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

const bubbleMark = "QUEUE_TEST_BUBBLE"

// inBubble reports whether this process runs one test, in bubbles.
func inBubble() bool { return os.Getenv(bubbleMark) != "" }

// apart has the calling test run in a process of its own, and reports whether this is
// that process. What go-redis keeps for all clients of a process, such as timers, must
// not be used in a bubble and outside of it.
func apart(t *testing.T) bool {
	t.Helper()
	if inBubble() {
		return true
	}
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var out []byte
	var err error
	for range 4 {
		cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), bubbleMark+"=1")
		out, err = cmd.CombinedOutput()
		// The runtime of Go 1.26 itself crashes now and then in a bubble, with the race
		// detector: that is no panic, and says nothing of the queue.
		if !strings.Contains(string(out), "SIGSEGV: segmentation violation\nPC=") {
			break
		}
		t.Log("the Go runtime has crashed in the bubble: once more")
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		t.Errorf("%v: %s", err, out)
	} else {
		t.Logf("%s", out)
	}
	return false
}

// bubble runs a test in a bubble, where hours pass as soon as everybody waits: the
// clocks of the program and of mem:// are the bubble's. None of its goroutines
// may be left, or the bubble never ends. An idle worker still looks around every few
// seconds, which is work: so workers are about when something is to happen, not all day.
func bubble(t *testing.T, test func(*rig)) {
	begun := time.Now()
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(2 * time.Second) }) // a client whose server was away looks for it for so long, closed or not
		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
		t.Cleanup(cancel)
		test(&rig{T: t, URL: "mem://", Name: "bubble", ctx: ctx})
	})
	t.Logf("it took %v outside", time.Since(begun).Round(time.Millisecond))
}

// until lets time pass in a bubble.
func until(at time.Time) { time.Sleep(time.Until(at)) }

// soon is how late something may be in a bubble. It is for whole milliseconds: no
// time passes while anybody computes.
const soon = 5 * time.Millisecond

// within checks that something came after a time, and at most a little later.
func (r *rig) within(what string, got, want time.Duration) {
	r.Helper()
	if got < want || got > want+soon {
		r.Errorf("%s after %v, want %v", what, got, want)
	}
}

// A job that is deferred for a day runs then, and not before.
func TestBubbleDeferred(t *testing.T) {
	if !apart(t) {
		return
	}
	bubble(t, func(r *rig) {
		q := r.open(queue.Config{})
		ran := make(chan time.Time, 2)
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, func(context.Context, int) (int, error) { ran <- time.Now(); return 0, nil })
		begun := time.Now()
		for _, at := range []queue.Option{queue.In(24 * time.Hour), queue.At(begun.Add(25 * time.Hour))} {
			if _, err := double.Enqueue(r.Context(), q, 1, at); err != nil {
				r.Fatal(err)
			}
		}
		until(begun.Add(24*time.Hour - time.Minute))
		stop := r.work(w)
		until(begun.Add(25*time.Hour + time.Minute))
		stop()
		if len(ran) != 2 {
			r.Fatalf("%d jobs ran, want 2", len(ran))
		}
		r.within("one ran", (<-ran).Sub(begun), 24*time.Hour)
		r.within("the other ran", (<-ran).Sub(begun), 25*time.Hour)
	})
}

// A job that is tried for an hour keeps its lease of ten seconds, under the eyes of
// another worker, and its ctx ends after the hour.
func TestBubbleTimeout(t *testing.T) {
	if !apart(t) {
		return
	}
	bubble(t, func(r *rig) {
		q := r.open(queue.Config{})
		for range 2 {
			w := r.worker(q, queue.WorkerConfig{Concurrency: 1})
			queue.Handle(w, double, func(ctx context.Context, _ int) (int, error) {
				begun := time.Now()
				<-ctx.Done()
				if d := time.Since(begun); d != time.Hour || context.Cause(ctx) != context.DeadlineExceeded {
					r.Errorf("the ctx ended after %v: %v", d, context.Cause(ctx))
				}
				return queue.AttemptOf(ctx).Try, nil
			})
			r.work(w)
		}
		if try, err := double.Call(r.Context(), q, 1, queue.Timeout(time.Hour)); try != 1 || err != nil {
			r.Errorf("try %d, %v", try, err)
		}
		if c := r.counters(q); c.Done != 1 || c.Lost+c.Retried > 0 {
			r.Errorf("%+v, want 1 done", c)
		}
	})
}

// The pauses before other tries double up to ten minutes, and are spread over the
// time below that.
func TestBubbleBackoff(t *testing.T) {
	if !apart(t) {
		return
	}
	bubble(t, func(r *rig) {
		q := r.open(queue.Config{})
		var seen ends
		var began []time.Time
		w := r.worker(q, queue.WorkerConfig{After: seen.add})
		queue.Handle(w, double, func(context.Context, int) (int, error) {
			began = append(began, time.Now())
			return 0, errEnough
		})
		stop := r.work(w)
		const tries = 16
		if _, err := double.Call(r.Context(), q, 1, queue.MaxTries(tries), queue.Expires(24*time.Hour)); !errors.Is(err, queue.ErrDead) {
			r.Errorf("%v, want %v", err, queue.ErrDead)
		}
		stop()
		if len(began) != tries {
			r.Fatalf("%d tries, want %d", len(began), tries)
		}
		top := 0.0 // how long the longest pause was, of what it could be
		for i, end := range seen.all()[:tries-1] {
			limit := min(time.Second<<i, 10*time.Minute)
			if end.After < 0 || end.After > limit {
				r.Errorf("the pause after try %d is %v, want at most %v", i+1, end.After, limit)
			}
			top = max(top, float64(end.After)/float64(limit))
			r.within("another try begins", began[i+1].Sub(began[i]), end.After-time.Millisecond) // Redis cuts its time to ms
		}
		if top < 0.3 { // by chance once in 70 million times
			r.Errorf("no pause is longer than %.2f of its limit", top)
		}
	})
}

// What is kept for a day is found after 23 hours, and unknown after 25.
func TestBubbleKeepFor(t *testing.T) {
	if !apart(t) {
		return
	}
	bubble(t, func(r *rig) {
		q := r.open(queue.Config{})
		tidies := func() { // a worker comes, forgets what is to be forgotten, and goes
			w := r.worker(q, queue.WorkerConfig{Lease: time.Second})
			queue.Handle(w, double, doubles)
			stop := r.work(w)
			time.Sleep(10 * time.Second)
			stop()
		}
		begun := time.Now()
		job, err := double.Enqueue(r.Context(), q, 4, queue.Track(), queue.KeepFor(24*time.Hour))
		if err != nil {
			r.Fatal(err)
		}
		tidies()
		until(begun.Add(23 * time.Hour))
		tidies()
		if got, err := job.Wait(r.Context()); got != 8 || err != nil {
			r.Errorf("after 23 h: %d, %v, want 8", got, err)
		}
		until(begun.Add(25 * time.Hour))
		tidies()
		if got, err := job.Wait(r.Context()); !errors.Is(err, queue.ErrNotFound) {
			r.Errorf("after 25 h: %d, %v, want %v", got, err, queue.ErrNotFound)
		}
		if s, err := job.Status(r.Context()); s != queue.Unknown || err != nil {
			r.Errorf("after 25 h: %s, %v, want %s", s, err, queue.Unknown)
		}
	})
}

// A job may wait for its worker for as long as it was said, and no longer.
func TestBubbleExpires(t *testing.T) {
	if !apart(t) {
		return
	}
	for wait, want := range map[time.Duration]error{time.Hour: nil, 3 * time.Hour: queue.ErrExpired} {
		bubble(t, func(r *rig) {
			q := r.open(queue.Config{})
			var jobs []*queue.Job[int]
			for _, opt := range []queue.Option{queue.Track(), queue.KeepFor(time.Hour), queue.In(time.Minute)} {
				job, err := double.Enqueue(r.Context(), q, 4, queue.Expires(2*time.Hour), queue.KeepFor(time.Hour), opt)
				if err != nil {
					r.Fatal(err)
				}
				jobs = append(jobs, job)
			}
			time.Sleep(wait)
			w := r.worker(q, queue.WorkerConfig{})
			queue.Handle(w, double, doubles)
			r.work(w)
			for i, job := range jobs {
				if got, err := job.Wait(r.Context()); !errors.Is(err, want) || want == nil && got != 8 {
					r.Errorf("job %d after %v: %d, %v, want %v", i, wait, got, err, want)
				}
			}
		})
	}
}

// Each hour of a day has one job, however many workers are about when it strikes.
func TestBubbleCron(t *testing.T) {
	if !apart(t) {
		return
	}
	for _, workers := range []int{1, 2} {
		bubble(t, func(r *rig) {
			q := r.open(queue.Config{})
			midnight := time.Now().Truncate(24 * time.Hour)
			var mu sync.Mutex
			var at []time.Duration
			var stops []func()
			for hour := range 24 {
				until(midnight.Add(time.Duration(hour+1)*time.Hour - 5*time.Second))
				for range workers {
					w := r.worker(q, queue.WorkerConfig{})
					queue.Handle(w, double, func(context.Context, int) (int, error) {
						mu.Lock()
						defer mu.Unlock()
						at = append(at, time.Since(midnight))
						return 0, nil
					})
					if err := queue.Cron(w, "@hourly", double, 1); err != nil {
						r.Fatal(err)
					}
					stops = append(stops, r.work(w))
				}
				time.Sleep(10 * time.Second)
				for _, stop := range stops {
					stop()
				}
			}
			if len(at) != 24 {
				r.Fatalf("%d workers: %d jobs at %v, want 24", workers, len(at), at)
			}
			for i := range at {
				r.within("a job ran", at[i], time.Duration(i+1)*time.Hour)
			}
		})
	}
}

// A worker with a lease of an hour is gone: its job is another's when the hour is
// over, and not before. When it comes back, what it did counts for nothing.
func TestBubbleLease(t *testing.T) {
	if !apart(t) {
		return
	}
	bubble(t, func(r *rig) {
		m := miniredis.NewMiniRedis()
		m.ClockTTL(true)
		r.Cleanup(m.Close)
		var gone wires
		q, lost := r.wired(m, &wires{}), r.wired(m, &gone)
		d, _ := r.labour(lost, queue.WorkerConfig{Lease: time.Hour})
		calls := r.call(q, "ignore", 0, 1, queue.Expires(24*time.Hour))
		synctest.Wait()
		time.Sleep(time.Minute) // it beats every half second
		gone.cut()
		cut := time.Now()
		var seen ends
		w := r.worker(q, queue.WorkerConfig{Lease: time.Hour, After: seen.add})
		queue.Handle(w, chores, d.handler(d.write))
		r.work(w)
		got := <-calls[0]
		if got.v != answerTo(0, 2) || got.err != nil {
			r.Errorf("the call: %d, %v, want %d", got.v, got.err, answerTo(0, 2))
		}
		if took := time.Since(cut); math.Abs(float64(took-time.Hour)) > float64(time.Second) {
			r.Errorf("another worker had it after %v, want an hour", took)
		}
		gone.mend()
		close(d.release)
		r.eventually("the first try ends", func() bool { return d.count("end") == 2 })
		r.wantResults(r.call(q, "", 1, 3), 1, 1)
		if c := r.counters(q); c.Done != 4 || c.Lost != 1 || c.Dead+c.Retried > 0 {
			r.Errorf("%+v, want 4 done and 1 lost", c)
		}
	})
}
