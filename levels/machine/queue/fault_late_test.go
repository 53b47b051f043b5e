package queue_test

import (
	"context"
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A packet that was thought lost comes when the program has sent it again on
// another connection, and more behind it.
func TestLateEnqueue(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves("ready")
		s := r.stage("")
		f := s.fault(late, script(t, "enqueue"))
		r.enqueue(s.linked, "", 0, 1)
		get(r, "the connection breaks", f.hit)
		r.enqueue(s.linked, "", 1, 1)
		close(f.release)
		get(r, "the packet arrives", f.arrived)
		info, err := s.direct.Info(r.Context())
		if err != nil || info.Ready != 2 {
			r.Errorf("%d jobs are ready, %v, want 2", info.Ready, err)
		}
	})
}

// A claim comes late, when its worker has claimed again, and when that has left.
func TestLateClaim(t *testing.T) {
	each(t, func(r *rig) {
		for _, left := range []bool{false, true} {
			s := r.stage(map[bool]string{false: "-lives", true: "-left"}[left])
			if left {
				s.leaves("lease", "lane") // an empty lane, until any worker tidies when its lease has run out
			}
			f := s.fault(late, script(t, "claim"))
			first, stop := r.labour(s.linked, queue.WorkerConfig{Lease: brief})
			get(r, "the connection breaks", f.hit)
			s.wantResults(s.call(s.direct, "", 0, 3), 0, 1)
			if left {
				stop()
			}
			calls := s.call(s.direct, "", 3, 3, queue.MaxTries(1))
			if left {
				s.eventually("they wait", func() bool { return s.ready() == 3 })
			}
			close(f.release)
			get(r, "the packet arrives", f.arrived)
			second, _ := r.labour(s.direct, queue.WorkerConfig{Lease: brief})
			s.wantResults(calls, 3, 1)
			r.wantOnce(0, 6, first, second)
		}
	})
}

// ready is how many jobs wait.
func (s *stage) ready() int {
	s.Helper()
	info, err := s.direct.Info(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	return info.Ready
}

// A verdict comes late, when its worker has told it again and the id is another
// job's.
func TestLateFinish(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		_, stop := r.labour(s.linked, queue.WorkerConfig{})
		f := s.fault(late, script(t, "finish"))
		r.enqueue(s.direct, "", 0, 1, queue.ID("x"))
		get(r, "the connection breaks", f.hit)
		r.eventually("the job is done", func() bool { return r.counters(s.direct).Done == 1 })
		stop()
		again := r.enqueue(s.direct, "", 1, 1, queue.ID("x"))
		close(f.release)
		get(r, "the packet arrives", f.arrived)
		if status, err := again[0].Status(r.Context()); err != nil || status != queue.Queued {
			r.Errorf("the second job of this id is %s, %v, want it queued", status, err)
		}
		d, _ := r.labour(s.direct, queue.WorkerConfig{})
		r.eventually("the second job is done", func() bool { return r.counters(s.direct).Done == 2 })
		r.wantOnce(1, 1, d)
	})
}

// A verdict whose answer was lost is told again together with others, and counts
// once: the id is free from the first time on.
func TestFinishedOnce(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		handler, jobs := r.hold()
		w := r.worker(s.linked, queue.WorkerConfig{Concurrency: 2})
		queue.Handle(w, echo, handler)
		stop := r.work(w)
		enqueue := func(id string) {
			if _, err := echo.Enqueue(r.Context(), s.direct, id, queue.ID(id)); err != nil {
				r.Error(err)
			}
		}
		enqueue("a")
		enqueue("b")
		running := map[string]held{}
		for range 2 {
			job := get(r, "a job", jobs)
			running[job.in] = job
		}
		f := s.fault(after, script(t, "finish"))
		running["a"].release <- ""
		get(r, "the connection breaks", f.hit)
		running["b"].release <- ""
		enqueue("a")
		get(r, "the second job of this id", jobs).release <- ""
		stop()
		if c := r.counters(s.direct); c.Done != 3 || c.Lost > 0 {
			r.Errorf("%+v, want 3 done", c)
		}
	})
}

// A worker cannot reach Redis for longer than its lease. Its jobs are another's
// then; it is told once, and works on.
func TestFrozenLink(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		first := newDiary()
		w := r.worker(s.linked, queue.WorkerConfig{Lease: brief})
		queue.Handle(w, chores, first.handler(first.write))
		r.work(w)
		calls := r.call(s.direct, "ignore", 0, 3)
		calls = append(calls, r.call(s.direct, "hang first", 3, 3)...)
		r.eventually("all jobs run", func() bool { return first.count("begin") == 6 })
		s.freeze()
		second, stop := r.labour(s.direct, queue.WorkerConfig{Lease: brief})
		r.wantResults(calls, 0, 2)
		stop()
		close(first.release)
		s.thaw()
		r.eventually("the worker knows", func() bool { return first.count("gone") == 3 && first.count("end") == 3 })
		r.wantResults(r.call(s.direct, "", 6, 20), 6, 1)
		r.wantOnce(6, 20, first)
		if n := len(second.read("end")); n != 6 {
			r.Errorf("%d jobs ended elsewhere, want 6", n)
		}
		if c := r.counters(s.direct); c.Done != 26 || c.Lost != 6 || c.Dead > 0 {
			r.Errorf("%+v, want 26 done and 6 lost", c)
		}
		if lost := w.Stats().Lost; lost != 1 {
			r.Errorf("the worker has lost %d leases, want 1", lost)
		}
	})
}

// A worker asks for jobs with a lane that has fallen on the packet's way. It gets
// none, and what Redis handed it goes back.
func TestFallenWhileParking(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		first, _ := r.labour(s.linked, queue.WorkerConfig{Lease: brief})
		r.wantResults(r.call(s.direct, "", 0, 1), 0, 1) // it has a lease
		s.freeze()
		r.eventually("the lane has fallen", func() bool {
			w := r.worker(s.direct, queue.WorkerConfig{Lease: brief, Burst: true})
			queue.Handle(w, chores, func(context.Context, chore) (int, error) { return 0, nil })
			if err := w.Run(r.Context()); err != nil {
				r.Fatal(err)
			}
			return r.rdb.ZCard(r.Context(), r.key("lease")).Val() == 0
		})
		calls := r.call(s.direct, "", 1, 3, queue.MaxTries(1))
		r.eventually("jobs wait", func() bool { return s.ready() == 3 })
		s.thaw()
		r.wantResults(calls, 1, 1)
		r.wantOnce(0, 4, first)
	})
}

// What became of two jobs of a batch is told on two connections, and what was said
// last arrives first: the other one, which failed, must be tried again all the same.
func TestOvertakenVerdict(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		d, _ := r.labour(s.linked, queue.WorkerConfig{})
		f := s.fault(slow, "\r\nblmove\r\n", script(t, "finish"))
		seen := func() bool {
			select {
			case <-f.seen:
				return true
			default:
				return false
			}
		}
		n := 0
		for ; !seen(); n++ { // until the failure is told on the way to park
			if n == 200 {
				r.Fatal("no verdict was told with BLMOVE")
			}
			if n > 0 {
				d.release <- struct{}{}
			}
			pair := []chore{{2 * n, "fail"}, {2*n + 1, "ignore"}}
			if _, err := chores.EnqueueMany(r.Context(), s.direct, pair); err != nil {
				r.Fatal(err)
			}
			r.eventually("one has failed", func() bool { return seen() || r.counters(s.direct).Retried == n+1 })
		}
		d.release <- struct{}{}
		r.eventually("what is not held is told", func() bool { return r.counters(s.direct).Done >= 2*n-2 }) // one verdict is, or two
		close(f.release)
		r.eventually("all jobs are done", func() bool { return r.counters(s.direct).Done == 2*n })
	})
}
