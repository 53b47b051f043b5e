package queue_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// onServer runs a test on a server of its own.
func onServer(t *testing.T, settings []string, test func(*rig, *lab.Server)) {
	leaks := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, leaks) })
	s := serve(t, settings...)
	if s == nil {
		t.Skip("nothing can be said about restarts")
	}
	options, err := queue.Options(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r := &rig{T: t, URL: s.URL(), Name: rand.Text(), ctx: ctx, rdb: redis.NewClient(options)}
	r.leaves("stat", "sent", "watch", "abort", "late")
	t.Cleanup(r.sweep)
	test(r, s)
}

// crash has a server crash and come back.
func (r *rig) crash(s *lab.Server) {
	r.Helper()
	s.Crash()
	if err := s.Restart(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// logged has the kernel have every change before it is answered, and that outlives
// Redis: the time of a test is not the disk's.
var logged = []string{"appendonly yes", "appendfsync no"}

// Redis crashes twice while programs enqueue, call and work, and comes back with its
// log: whatever it acknowledged is done and recorded once, and calls survive.
func TestRestartWithLog(t *testing.T) {
	onServer(t, logged, func(r *rig, server *lab.Server) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		a := newTally()
		const producers, each = 4, 150
		var working sync.WaitGroup
		for i := range producers {
			working.Go(func() { a.produce(r, q, i*each, each) })
		}
		first, stopFirst := r.labour(q, queue.WorkerConfig{Lease: 2 * time.Second})
		second, stopSecond := r.labour(r.open(queue.Config{}), queue.WorkerConfig{Lease: 2 * time.Second})
		for crash := 1; crash <= 2; crash++ {
			r.eventually("some are enqueued", func() bool { return a.count() > crash*producers*each/4 })
			r.crash(server)
		}
		working.Wait()
		r.eventually("all jobs are done", func() bool { return r.counters(q).Done >= producers*each })
		stopFirst()
		stopSecond()
		r.Log(a.balance(r, first, second))
		if c := r.counters(q); c.Done != producers*each || c.Dead > 0 {
			r.Errorf("%+v, want %d done", c, producers*each)
		}
	})
}

// Redis comes back without its data. Whoever calls is told, and does not wait for
// ever; and workers work on.
func TestRestartWithoutLog(t *testing.T) {
	onServer(t, nil, func(r *rig, server *lab.Server) {
		q := r.open(queue.Config{})
		calls := r.call(q, "", 0, 3)
		r.eventually("the calls wait", func() bool { return r.waiting() == 3 })
		r.crash(server)
		restarted := time.Now()
		d, _ := r.labour(q, queue.WorkerConfig{Lease: brief})
		for _, c := range calls {
			if got := get(r, "the end of a call", c); !errors.Is(got.err, queue.ErrUnknown) {
				r.Errorf("%v, want %v", got.err, queue.ErrUnknown)
			}
		}
		r.Logf("told %v after the restart", time.Since(restarted))
		r.wantResults(r.call(q, "", 3, 3), 3, 1)
		r.crash(server)
		r.wantResults(r.call(q, "", 6, 3), 6, 1)
		r.wantOnce(3, 6, d)
	})
}
