package queue_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A mortal is a Redis that can crash and come back.
type mortal struct {
	*testing.T
	port    string
	dir     string
	log     bool // every change is in its log before it is answered
	process *child.Process
}

// onServer runs a test on a server of its own.
func onServer(t *testing.T, log bool, test func(*rig, *mortal)) {
	if store.Server() == "" {
		t.Skip("no redis-server is installed: nothing can be said about its restarts")
	}
	leaks := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, leaks) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mortal{T: t, port: strconv.Itoa(l.Addr().(*net.TCPAddr).Port), dir: t.TempDir(), log: log}
	l.Close()
	s.start()
	t.Cleanup(func() { s.crash() })
	options, err := queue.Options(s.url())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	r := &rig{T: t, URL: s.url(), Name: rand.Text(), ctx: ctx, rdb: redis.NewClient(options)}
	r.leaves("stat", "sent", "watch", "abort")
	t.Cleanup(r.sweep)
	test(r, s)
}

func (s *mortal) url() string { return "redis://127.0.0.1:" + s.port }

// start starts the server and waits until it answers.
func (s *mortal) start() {
	s.Helper()
	cmd := exec.Command(store.Server(), "-")
	cmd.Dir = s.dir
	var err error
	if s.process, err = child.StartTethered(cmd); err != nil {
		s.Fatal(err)
	}
	fmt.Fprintf(s.process.Stdin, "bind 127.0.0.1\nport %s\nsave \"\"\n", s.port)
	if s.log { // the kernel has it then, which outlives Redis: the time of the test is not the disk's
		fmt.Fprint(s.process.Stdin, "appendonly yes\nappendfsync no\n")
	}
	s.process.Stdin.Close()
	options, err := queue.Options(s.url())
	if err != nil {
		s.Fatal(err)
	}
	rdb := redis.NewClient(options)
	defer rdb.Close()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if err = rdb.Ping(s.Context()).Err(); err == nil {
			return
		}
		if s.process.Ended() || time.Now().After(until) {
			s.crash()
			s.Fatalf("the server does not start: %v: %v", err, s.process.Obituary())
		}
	}
}

// crash kills the server.
func (s *mortal) crash() {
	s.process.Kill()
	s.process.Stop(time.Second)
}

// Redis crashes twice while programs enqueue, call and work, and comes back with its
// log: whatever it acknowledged is done and recorded once, and calls survive.
func TestRestartWithLog(t *testing.T) {
	onServer(t, true, func(r *rig, server *mortal) {
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
			server.crash()
			server.start()
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
	onServer(t, false, func(r *rig, server *mortal) {
		q := r.open(queue.Config{})
		calls := r.call(q, "", 0, 3)
		r.eventually("the calls wait", func() bool { return r.waiting() == 3 })
		server.crash()
		server.start()
		restarted := time.Now()
		d, _ := r.labour(q, queue.WorkerConfig{Lease: brief})
		for _, c := range calls {
			if got := get(r, "the end of a call", c); !errors.Is(got.err, queue.ErrUnknown) {
				r.Errorf("%v, want %v", got.err, queue.ErrUnknown)
			}
		}
		r.Logf("told %v after the restart", time.Since(restarted))
		r.wantResults(r.call(q, "", 3, 3), 3, 1)
		server.crash()
		server.start()
		r.wantResults(r.call(q, "", 6, 3), 6, 1)
		r.wantOnce(3, 6, d)
	})
}
