package queue_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// brief is a lease for tests: long enough for a worker on a busy machine to renew it.
const brief = 600 * time.Millisecond

// part is that of a process which works on the test's queue.
func (r *rig) part() part { return part{URL: r.URL, Name: r.Name, Lease: brief, Concurrency: 20} }

// The process of a worker is killed in the middle of plain, tracked and called
// jobs. They run elsewhere, as a second try, and have one result each.
func TestKilledWorker(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		first := r.helper(r.part())
		r.enqueue(q, "hang first", 0, 5)
		tracked := r.enqueue(q, "hang first", 5, 5, queue.Track(), queue.KeepFor(time.Minute))
		calls := r.call(q, "hang first", 10, 5)
		r.eventually("all jobs run", func() bool { return first.count("begin") == 15 })
		first.kill()
		killed := time.Now()
		second, stop := r.labour(q, queue.WorkerConfig{Lease: brief, Concurrency: 20})
		r.wantResults(calls, 10, 2)
		r.wantKept(tracked, 5, 2)
		r.eventually("the plain jobs run elsewhere", func() bool { return second.count("end") == 15 })
		r.Logf("a lease of %v: all ran elsewhere %v after the death", brief, time.Since(killed))
		stop()
		r.wantOnce(0, 15, second)
		if c := r.counters(q); c.Done != 15 || c.Lost != 15 || c.Dead != 0 {
			r.Errorf("%+v, want 15 done and 15 lost", c)
		}
	})
}

// A job whose workers die as often as it may be tried is given up, and whoever
// called it is told.
func TestKilledTooOften(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(deadLetters...)
		q := r.open(queue.Config{})
		tries := []queue.Option{queue.MaxTries(2)}
		jobs := r.enqueue(q, "hang", 0, 2, tries...)
		jobs = append(jobs, r.enqueue(q, "hang", 2, 2, append(tries, queue.Track())...)...)
		calls := r.call(q, "hang", 4, 2, tries...)
		for try := range 2 {
			h := r.helper(r.part())
			r.eventually("all jobs run", func() bool { return h.count("begin") == 6 })
			for n, began := range h.read("begin") {
				if began[0].Try != try+1 {
					r.Errorf("try %d of job %d is said to be number %d", try+1, n, began[0].Try)
				}
			}
			h.kill()
		}
		last, _ := r.labour(q, queue.WorkerConfig{Lease: brief})
		for _, c := range calls {
			got := get(r, "the end of a call", c)
			if dead, ok := errors.AsType[*queue.DeadError](got.err); !ok || dead.Reason != "its worker died" {
				r.Errorf("got %+v, want a DeadError that says its worker died", got)
			}
		}
		for _, j := range jobs {
			r.eventually("the job is dead", func() bool {
				info, err := j.Info(r.Context())
				if err != nil {
					r.Fatal(err)
				}
				return info.Status == queue.Dead && info.Tries == 2 && strings.Contains(info.Error, "its worker died")
			})
		}
		if n := last.count("begin"); n > 0 {
			r.Errorf("%d tries too many", n)
		}
		if c := r.counters(q); c.Done != 0 || c.Dead != 6 || c.Lost != 12 {
			r.Errorf("%+v, want 6 dead and 12 lost", c)
		}
	})
}

// Several workers die at the same time, with more jobs than one script sees to.
func TestKilledWorkers(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		var helpers []*helper
		const processes, of = 3, 250
		for range processes {
			p := r.part()
			p.Concurrency = of
			helpers = append(helpers, r.helper(p))
		}
		r.enqueue(q, "hang first", 0, processes*of)
		r.eventually("all jobs run", func() bool {
			n := 0
			for _, h := range helpers {
				n += h.count("begin")
			}
			return n == processes*of
		})
		for _, h := range helpers {
			h.kill()
		}
		second, stop := r.labour(q, queue.WorkerConfig{Lease: brief, Concurrency: 100})
		r.eventually("all jobs run elsewhere", func() bool { return second.count("end") == processes*of })
		stop()
		r.wantOnce(0, processes*of, second)
		if c := r.counters(q); c.Done != processes*of || c.Lost != processes*of {
			r.Errorf("%+v, want %d done and as many lost", c, processes*of)
		}
	})
}
