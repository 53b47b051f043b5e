package queue_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// rtt is how long a round trip takes at least in these tests: as in a network, and
// longer than jobs that end together need for that.
const rtt = 2 * time.Millisecond

// A counter counts what goes over the connections of a client.
type counter struct {
	mu       sync.Mutex
	trips    int // from a write to what is read next
	commands int
}

func (c *counter) count() (trips, commands int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trips, c.commands
}

// A counted is a connection that is counted. Many commands that are written
// before an answer is read, a pipeline, are one round trip.
type counted struct {
	net.Conn
	*counter
	asked bool // guarded by mu
	line  byte // the last byte written; guarded by mu
}

func (c *counted) Write(b []byte) (int, error) {
	c.mu.Lock()
	if !c.asked {
		c.asked = true
		c.trips++
	}
	for line := range bytes.Lines(b) { // no payload here has a line that begins so
		if c.line == '\n' && line[0] == '*' {
			c.commands++
		}
		c.line = line[len(line)-1]
	}
	c.mu.Unlock()
	time.Sleep(rtt)
	return c.Conn.Write(b)
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	c.asked = false
	c.mu.Unlock()
	return n, err
}

// counted opens a queue whose round trips are counted.
func (r *rig) counted() (*queue.Queue, *counter) {
	r.Helper()
	options, err := queue.Options(r.URL)
	if err != nil {
		r.Fatal(err)
	}
	n := &counter{}
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &counted{Conn: conn, counter: n, line: '\n'}, nil
	}
	client := redis.NewClient(options)
	defer client.Close()
	q, err := queue.New(r.Context(), client, queue.Config{Name: r.Name})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { q.Close() })
	return q, n
}

// Round trips are what a queue costs most. A lone job costs three at most: to
// leave it, to take it, to tell its end. Jobs that come together share theirs:
// three for all of them on a machine that is not busy (see the log), and here
// one more.
func TestRoundTrips(t *testing.T) {
	each(t, func(r *rig) {
		q, n := r.counted()
		for _, batch := range []int{1, 10, 100} {
			r.batches(q, n, batch)
		}
	})
}

func (r *rig) batches(q *queue.Queue, n *counter, batch int) {
	r.Helper()
	var s spread
	w := r.worker(q, queue.WorkerConfig{
		Concurrency: 2 * batch, // so that it need not look whether there is more
		After:       func(*queue.Attempt, queue.End) { s.add() },
	})
	queue.Handle(w, double, doubles)
	stop := r.work(w)
	defer stop()
	const rounds = 20
	before, begun, late := 0, time.Now(), time.Duration(0)
	for round := range rounds + 2 {
		if round == 2 { // scripts are loaded, connections are made
			before, _ = n.count()
			begun, late = time.Now(), 0
		}
		if _, err := double.EnqueueMany(r.Context(), q, make([]int, batch)); err != nil {
			r.Fatal(err)
		}
		r.eventually("the batch is done", func() bool { return w.Stats().Done == (round+1)*batch })
		late += s.take()
	}
	after, _ := n.count()
	r.Logf("batches of %d: %.2f round trips each", batch, float64(after-before)/rounds)
	most := 3 * rounds
	if batch > 1 { // the first that ends may be told alone, and when others take long to end, they are told in parts
		most += rounds + int(late/rtt)
	}
	if most += rounds/5 + int(time.Since(begun)/(500*time.Millisecond)); after-before > most { // with heartbeats
		r.Errorf("%d batches of %d jobs: %d round trips, want %d at most", rounds, batch, after-before, most)
	}
}

// A spread is the time from the first event to the last.
type spread struct {
	mu          sync.Mutex
	first, last time.Time
}

func (s *spread) add() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = time.Now()
	if s.first.IsZero() {
		s.first = s.last
	}
}

func (s *spread) take() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.last.Sub(s.first)
	s.first = time.Time{}
	return d
}

// Who waits asks for nothing: an idle worker, and an idle caller, send a command
// a second at most.
func TestIdle(t *testing.T) {
	on(t, storetest.Best().URL, func(r *rig) {
		callers, c := r.counted()
		workers, n := r.counted()
		w := r.worker(workers, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		if _, err := double.Call(r.Context(), callers, 1); err != nil {
			r.Fatal(err)
		}
		const seconds = 6
		r.pass(100 * time.Millisecond)
		_, c1 := c.count()
		_, n1 := n.count()
		r.pass(seconds * time.Second)
		_, c2 := c.count()
		_, n2 := n.count()
		r.Logf("in %d s: the worker sends %d commands, the caller %d", seconds, n2-n1, c2-c1)
		if n2-n1 > seconds || c2-c1 > seconds {
			r.Errorf("in %d s the worker sends %d commands, the caller %d", seconds, n2-n1, c2-c1)
		}
	})
}

// A Redis that was told to forget its scripts, or was restarted, is given them
// again, and an idle worker takes the next jobs no later for it.
func TestForgottenScripts(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{})
		queue.Handle(w, double, doubles)
		r.work(w)
		for range 3 {
			begun := time.Now()
			for i := range 3 {
				if got, err := double.Call(r.Context(), q, i); got != 2*i || err != nil {
					r.Errorf("%d, %v", got, err)
				}
			}
			if d := time.Since(begun); d > 4*time.Second { // it asks again after five at the latest
				r.Errorf("three jobs took %v", d)
			}
			if err := r.rdb.ScriptFlush(r.Context()).Err(); err != nil {
				r.Fatal(err)
			}
		}
	})
}

// A worker of a paused queue in which jobs wait looks about once a second whether
// it goes on; and one that works until nothing is left, while its last job runs, every
// few seconds.
func TestDozing(t *testing.T) {
	each(t, func(r *rig) {
		for _, burst := range []bool{false, true} {
			q, n := r.counted()
			w := r.worker(q, queue.WorkerConfig{Burst: burst})
			queue.Handle(w, double, func(_ context.Context, v int) (int, error) {
				time.Sleep(2 * time.Second)
				return 2 * v, nil
			})
			if !burst {
				if err := q.Pause(r.Context()); err != nil {
					r.Fatal(err)
				}
			}
			if _, err := double.EnqueueMany(r.Context(), q, make([]int, 5)); err != nil {
				r.Fatal(err)
			}
			stop := r.work(w)
			r.pass(200 * time.Millisecond)
			before, _ := n.count()
			r.pass(1500 * time.Millisecond)
			if after, _ := n.count(); after-before > 8 { // with heartbeats
				r.Errorf("burst %v: %d round trips in 1.5 s", burst, after-before)
			}
			if !burst {
				if err := q.Resume(r.Context()); err != nil {
					r.Fatal(err)
				}
			}
			r.eventually("all jobs are done", func() bool { return w.Stats().Done == 5 })
			stop()
		}
	})
}
