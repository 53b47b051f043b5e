package queue_test

import (
	"fmt"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// retrying is a stage whose queue at the end of the link has settings that would
// have the client library send commands again by itself: those of a client that
// is given, or of a URL.
func (r *rig) retrying(name string) *stage {
	r.Helper()
	k := newLink(r.T, r.URL)
	c := queue.Config{Name: r.Name + "-" + name}
	s := &stage{rig: r, link: k, direct: r.open(c)}
	if name == "url" {
		s.linked = r.openAt(k.URL+"?max_retries=5", c)
		return s
	}
	options, err := queue.Options(k.URL)
	if err != nil {
		r.Fatal(err)
	}
	options.MaxRetries, options.DialerRetries = 5, 5
	client := redis.NewClient(options)
	r.Cleanup(func() { client.Close() })
	if s.linked, err = queue.New(r.Context(), client, c); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { s.linked.Close() })
	return s
}

// one leaves or calls a chore, of one of four kinds, and checks that it is accepted.
func (s *stage) one(n int) {
	s.Helper()
	switch n % 4 {
	case 0:
		s.enqueue(s.linked, "", n, 1)
	case 1:
		s.enqueue(s.linked, "", n, 1, queue.Track())
	case 2:
		s.enqueue(s.linked, "", n, 1, queue.ID(fmt.Sprint("job-", n))) // known to itself, it would be a duplicate
	case 3:
		s.wantResults(s.call(s.linked, "", n, 1), n, 1)
	}
}

// Every answer to a producer is lost when its job is in the queue. Whatever the
// client that was given would do about that: n jobs are accepted, and run once each.
func TestRetryingProducer(t *testing.T) {
	each(t, func(r *rig) {
		for _, name := range []string{"client", "url"} {
			s := r.retrying(name)
			d, stop := r.labour(s.direct, queue.WorkerConfig{})
			const n = 24
			for i := range n {
				s.breaks(after, script(t, "enqueue"), func() { s.one(i) })
			}
			r.eventually("all jobs are done", func() bool { return r.counters(s.direct).Done >= n })
			stop()
			r.wantOnce(0, n, d)
			info, err := s.direct.Info(r.Context())
			if c := info.Counters; err != nil || c.Done != n || info.Ready+info.Running+info.Deferred+c.Lost+c.Dead+c.Retried > 0 {
				r.Errorf("%s: %+v, %v, want %d done and none left", name, info.ShardInfo, err, n)
			}
		}
	})
}

// The same of a worker: each of its claims and of its reports loses its answer.
func TestRetryingWorker(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		for _, name := range []string{"client", "url"} {
			s := r.retrying(name)
			d, stop := r.labour(s.linked, queue.WorkerConfig{})
			for i, command := range []string{"claim", "finish", "claim", "finish"} {
				s.breaks(after, script(t, command), func() { s.batch(s.direct, d, 100*i) })
			}
			stop()
			if c := r.counters(s.direct); c.Done != 4*18 || c.Lost+c.Dead+c.Retried > 0 {
				r.Errorf("%s: %+v, want %d done", name, c, 4*18)
			}
		}
	})
}
