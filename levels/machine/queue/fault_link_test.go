package queue_test

import (
	"errors"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A stage is what a test of a broken connection plays on: a queue, and the same
// queue at the end of a link.
type stage struct {
	*rig
	*link
	direct, linked *queue.Queue
}

func (r *rig) stage(name string) *stage {
	r.Helper()
	k := newLink(r.T, r.URL)
	c := queue.Config{Name: r.Name + name}
	return &stage{r, k, r.open(c), r.openAt(k.URL, c)}
}

// breaks has a fault happen to a command while do runs.
func (s *stage) breaks(kind kind, command string, do func()) {
	s.Helper()
	f := s.fault(kind, command)
	do()
	get(s.rig, "the connection breaks "+string(kind)+" the command", f.hit)
}

// batch does jobs of all kinds, and checks that each has run once and has one
// result: the numbers from first on.
func (s *stage) batch(producer *queue.Queue, d *diary, first int) {
	s.Helper()
	before := s.counters(s.direct).Done
	s.enqueue(producer, "", first, 5)
	tracked := s.enqueue(producer, "", first+5, 5, queue.Track(), queue.KeepFor(time.Minute))
	verdicts, err := chores.EnqueueMany(s.Context(), producer, []chore{{N: first + 10}, {N: first + 11}, {N: first + 12}})
	if err != nil || len(verdicts) != 3 {
		s.Errorf("%d verdicts, %v", len(verdicts), err)
	}
	s.wantResults(s.call(producer, "", first+13, 5), first+13, 1)
	s.wantKept(tracked, first+5, 1)
	s.eventually("all jobs are done", func() bool { return s.counters(s.direct).Done >= before+18 })
	s.wantOnce(first, 18, d)
}

// Whichever script the connection of a program breaks at, before or after it took
// effect: each of its jobs runs once and has one result.
func TestBrokenProducer(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		for _, name := range []string{"enqueue", "look"} {
			for _, kind := range []kind{before, after} {
				s := r.stage("-" + name + "-" + string(kind))
				d, stop := r.labour(s.direct, queue.WorkerConfig{})
				s.breaks(kind, script(t, name), func() { s.batch(s.linked, d, 0) })
				s.batch(s.linked, d, 100)
				stop()
				if c := r.counters(s.direct); c.Done != 36 || c.Lost+c.Dead+c.Retried > 0 {
					r.Errorf("%s %s: %+v, want 36 done", kind, name, c)
				}
			}
		}
	})
}

// The same of the connection of a worker. A claim that is made again gives the same
// jobs, as the same try.
func TestBrokenWorker(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		for _, command := range []string{"claim", "finish", "blmove"} {
			pattern := "\r\n" + command + "\r\n"
			if command != "blmove" {
				pattern = script(t, command)
			}
			for _, kind := range []kind{before, after} {
				s := r.stage("-" + command + "-" + string(kind))
				d, stop := r.labour(s.linked, queue.WorkerConfig{})
				s.breaks(kind, pattern, func() { s.batch(s.direct, d, 0) })
				s.batch(s.direct, d, 100)
				stop()
				if c := r.counters(s.direct); c.Done != 36 || c.Lost+c.Dead+c.Retried > 0 {
					r.Errorf("%s %s: %+v, want 36 done", kind, command, c)
				}
			}
		}
	})
}

// The connection of a parked worker breaks when Redis has handed it a job, and does
// not know yet that the worker claims it.
func TestBrokenHandOver(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		f := s.fault(between, "\r\nblmove\r\n")
		d, stop := r.labour(s.linked, queue.WorkerConfig{})
		get(r, "the worker is parked", f.seen)
		s.wantResults(s.call(s.direct, "", 0, 1), 0, 1)
		get(r, "the connection breaks", f.hit)
		stop()
		r.wantOnce(0, 1, d)
		if c := r.counters(s.direct); c.Done != 1 || c.Lost > 0 {
			r.Errorf("%+v, want 1 done", c)
		}
	})
}

// The same, and the worker never comes back: the job is another's when the lease
// is over.
func TestDeadInHandOver(t *testing.T) {
	each(t, func(r *rig) {
		s := r.stage("")
		f := s.fault(between, "\r\nblmove\r\n")
		first, _ := r.labour(s.linked, queue.WorkerConfig{Lease: brief, Grace: time.Nanosecond})
		get(r, "the worker is parked", f.seen)
		calls := s.call(s.direct, "", 0, 1)
		get(r, "the connection breaks", f.hit)
		s.setDown(true)
		second, _ := r.labour(s.direct, queue.WorkerConfig{Lease: brief})
		s.wantResults(calls, 0, 1)
		r.wantOnce(0, 1, first, second)
		r.eventually("the dead leave no lanes", func() bool { return r.workers() == 1 })
	})
}

// Enqueued once means once, whoever repeats what: neither the package, nor the
// client that it was given the options of.
func TestEnqueuedOnce(t *testing.T) {
	each(t, func(r *rig) {
		for _, kind := range []kind{before, after} {
			s := r.stage("-" + string(kind))
			s.breaks(kind, script(t, "enqueue"), func() { r.enqueue(s.linked, "", 0, 1) })
			s.breaks(kind, script(t, "enqueue"), func() {
				if _, err := chores.EnqueueMany(r.Context(), s.linked, make([]chore, 1200)); err != nil {
					r.Error(err)
				}
			})
			info, err := s.direct.Info(r.Context())
			if err != nil || info.Ready != 1201 {
				r.Errorf("%s: %d jobs are ready, %v, want 1201", kind, info.Ready, err)
			}
		}
		r.leaves("ready")
	})
}

// An abort that was heard and not answered is made again.
func TestBrokenAbort(t *testing.T) {
	each(t, func(r *rig) {
		for _, kind := range []kind{before, after} {
			s := r.stage("-" + string(kind))
			jobs := r.enqueue(s.linked, "", 0, 1, queue.Track(), queue.KeepFor(time.Minute))
			s.breaks(kind, script(t, "abort"), func() {
				if _, err := jobs[0].Abort(r.Context()); err != nil {
					r.Error(err)
				}
			})
			if _, err := jobs[0].Wait(r.Context()); !errors.Is(err, queue.ErrAborted) {
				r.Errorf("%s: %v, want %v", kind, err, queue.ErrAborted)
			}
			d, stop := r.labour(s.direct, queue.WorkerConfig{Burst: true})
			stop()
			if d.count("begin") > 0 {
				r.Errorf("%s: an aborted job ran", kind)
			}
		}
		r.leaves("ready")
		r.leaves(results...)
	})
}
