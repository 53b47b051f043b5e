//go:build unix

package queue_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// The process of a worker is stopped for longer than its lease, and goes on: what
// its jobs return then counts for nothing, those that heed their ctx are told, and it
// works on.
func TestStoppedWorker(t *testing.T) {
	each(t, func(r *rig) {
		r.leaves(results...)
		q := r.open(queue.Config{})
		first := r.helper(r.part())
		kept := []queue.Option{queue.Track(), queue.KeepFor(time.Minute)}
		tracked := r.enqueue(q, "ignore", 0, 2, kept...)
		calls := r.call(q, "ignore", 2, 2)
		r.enqueue(q, "ignore", 4, 2)
		heeding := r.call(q, "hang first", 6, 2)
		r.eventually("all jobs run", func() bool { return first.count("begin") == 8 })
		r.signal(first, syscall.SIGSTOP)

		second, stop := r.labour(q, queue.WorkerConfig{Lease: brief})
		r.wantResults(calls, 2, 2)
		r.wantResults(heeding, 6, 2)
		r.wantKept(tracked, 0, 2)
		r.eventually("all jobs run elsewhere", func() bool { return second.count("end") == 8 })
		stop()

		first.Stdin.WriteString("release\n") // those that ignore their ctx end first of all
		r.signal(first, syscall.SIGCONT)
		r.eventually("the late ones end", func() bool { return first.count("end") == 4+2 || first.count("end")+first.count("gone") == 8 })
		for n, e := range first.read("gone") {
			if e[0].Cause != queue.ErrGone.Error() {
				r.Errorf("job %d is told %q, want %q", n, e[0].Cause, queue.ErrGone)
			}
		}
		more := r.enqueue(q, "", 8, 2, kept...)
		r.wantKept(more, 8, 1)
		r.wantKept(tracked, 0, 2)
		if n := first.count("gone"); n != 2 {
			r.Errorf("%d of 2 jobs were told that they are gone", n)
		}
		r.leave(first)
		if c := r.counters(q); c.Done != 10 || c.Lost != 8 || c.Dead != 0 || c.Retried != 0 {
			r.Errorf("%+v, want 10 done and 8 lost", c)
		}
	})
}

func (r *rig) signal(h *helper, s syscall.Signal) {
	r.Helper()
	if err := syscall.Kill(h.Pid(), s); err != nil {
		r.Fatal(err)
	}
}
