package queue_test

import (
	"testing"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A worker parks late: its command arrives when its lane is long given up, and without the
// claim that follows it. What Redis then hands to nobody is done by another.
func TestLateParking(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		f := s.fault(stray, "\r\nblmove\r\n")
		first, stop := r.labour(s.linked, queue.WorkerConfig{Lease: brief})
		get(r, "the connection breaks", f.hit)
		s.wantResults(s.call(s.direct, "", 0, 1), 0, 1)
		stop()
		calls := s.call(s.direct, "", 1, 1)
		s.eventually("it waits", func() bool { return s.ready() == 1 })
		close(f.release)
		get(r, "the packet arrives", f.arrived)
		if info, err := s.direct.Info(r.Context()); err != nil || info.Ready != 1 || info.Workers != 0 {
			r.Errorf("%+v, %v, want a job and no worker", info, err)
		}
		second, _ := r.labour(s.direct, queue.WorkerConfig{Lease: brief})
		s.wantResults(calls, 1, 1)
		r.wantOnce(0, 2, first, second)
	})
}

// Redis forgets its scripts while a worker's command to park is on the way: that hands it a
// job, and the claim behind it finds no script. The job must not lie in its hand until a second command has
// waited in vain.
func TestForgottenWhileParking(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		f := s.fault(slow, "\r\nblmove\r\n")
		r.labour(s.linked, queue.WorkerConfig{})
		get(r, "the worker parks", f.seen)
		calls := s.call(s.direct, "", 0, 1)
		r.eventually("the job waits", func() bool { return s.ready() == 1 })
		if err := r.rdb.ScriptFlush(r.Context()).Err(); err != nil {
			r.Fatal(err)
		}
		second := s.fault(slow, "\r\nblmove\r\n")
		close(f.release)
		get(r, "the worker parks again", second.seen)
		if info, err := s.direct.Info(r.Context()); err != nil || info.Ready > 0 { // what is in a hand is ready
			r.Errorf("%+v, %v, want the job claimed by then", info, err)
		}
		close(second.release)
		s.wantResults(calls, 0, 1)
	})
}
