package jobs

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m, theWorkers) }

// The queue alone, by the test's own clock.
func TestLease(t *testing.T) {
	if Lease != 300*time.Millisecond {
		grade.NotYet(t, "Lease is to stay 300ms, and is %v: a job may be longer than any lease", Lease)
	}
	var q Queue
	now := time.Now()
	q.Put("a", 1)
	first, ok := q.Take(now)
	if !ok || first.ID != "a" || first.Attempt != 1 {
		grade.NotYet(t, "a job was put, and Take gives %+v, %v", first, ok)
	}
	if again, ok := q.Take(now.Add(Lease - 1)); ok {
		grade.NotYet(t, "attempt %d of a job is given while the lease of the first lasts", again.Attempt)
	}
	if now = now.Add(Lease - 1); !q.Renew(first, now) {
		grade.NotYet(t, "a worker that has the job cannot renew its lease")
	}
	if _, ok := q.Take(now.Add(Lease - 1)); ok {
		grade.NotYet(t, "a job is given to another though its lease was renewed")
	}
	now = now.Add(Lease)
	second, ok := q.Take(now)
	if !ok {
		grade.NotYet(t, "a worker took a job and was not heard of again: when its lease is over, nobody can have the job: it is lost")
	}
	if second.ID != "a" || second.Attempt != 2 || second.Steps != 1 {
		grade.NotYet(t, "the second attempt at %+v is %+v", first, second)
	}
	fence(t, &q, first, second, now)
}

// fence has the first worker come back when a second one has the job.
func fence(t *testing.T, q *Queue, first, second Job, now time.Time) {
	if q.Renew(first, now.Add(Lease/2)) {
		grade.NotYet(t, "a worker that has lost its job to attempt 2 can renew attempt 1")
	}
	if q.Done(first, now.Add(Lease/2)) || q.Left() != 1 {
		grade.NotYet(t, "a worker that has lost its job to attempt 2 can end it as attempt 1 (%d jobs are left)", q.Left())
	}
	if _, ok := q.Take(now.Add(Lease - 1)); ok {
		grade.NotYet(t, "a worker that has lost its job can take the lease from the one that has it")
	}
	if !q.Done(second, now.Add(Lease-1)) || q.Left() != 0 {
		grade.NotYet(t, "a worker that has the job cannot end it (%d jobs are left)", q.Left())
	}
	if job, ok := q.Take(now.Add(5 * Lease)); ok {
		grade.NotYet(t, "%s is done, and given out once more", job.ID)
	}
	if q.Done(second, now.Add(5*Lease)) || q.Renew(second, now.Add(5*Lease)) {
		grade.NotYet(t, "a job that is done can be ended or renewed again")
	}
}

// The ledger alone.
func TestLedger(t *testing.T) {
	var l Ledger
	a1, a2, b1 := Job{"a", 1, 1}, Job{"a", 2, 1}, Job{"b", 1, 1}
	if !l.Pay(a1) || !l.Pay(b1) {
		grade.NotYet(t, "a job's first charge is refused")
	}
	if l.Pay(a2) || l.Pay(a1) {
		grade.NotYet(t, "a job is charged again, by another attempt or the same")
	}
}

// A desk is that of a worker that is a goroutine, and goes by virtual time. Goroutines
// cannot be killed: at a kill they end themselves.
type desk struct {
	*keeper
	killer *killer
}

func (d desk) word(verb string, job Job) bool {
	if d.killer.due("before", verb, job.ID) {
		runtime.Goexit()
	}
	said := d.say(verb, job)
	if d.killer.due("after", verb, job.ID) {
		runtime.Goexit()
	}
	return said
}

func (d desk) Take() (Job, bool)  { return d.take() }
func (d desk) Renew(job Job) bool { return d.word("renew", job) }
func (d desk) Pay(job Job) bool   { return d.word("pay", job) }
func (d desk) Done(job Job) bool  { return d.word("done", job) }
func (d desk) Step(job Job) {
	d.word("step", job)
	time.Sleep(step)
	if d.killer.due("pause", "step", job.ID) {
		time.Sleep(2 * Lease) // and it comes back
	}
}

// A night of six workers in virtual time: one is stopped and comes back, two die.
func TestVirtualNight(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		k := open(12, night)
		killer := newKiller("pause step job-3", "before step job-5", "after pay job-7")
		var panicked [6]any
		var wg sync.WaitGroup
		for i := range panicked {
			wg.Go(func() {
				defer func() { panicked[i] = recover() }()
				Work(desk{k, killer})
			})
		}
		wg.Wait()
		for _, what := range panicked {
			if what != nil {
				grade.NotYet(t, "a worker panics: %v", what)
			}
		}
		if n := k.jobs["job-0"].taken; n > 1 {
			grade.NotYet(t, "job-0 has %d steps and a worker that is well, and yet took %d attempts: its lease was over before it was", long, n)
		}
		for id, r := range k.jobs {
			if r.deaf > 0 {
				grade.NotYet(t, "Renew has said no to a worker of %s, and the worker went on with the job, which is somebody else's now", id)
			}
		}
		if wrong := k.verdict(); wrong != "" {
			grade.NotYet(t, "in virtual time, with two dead workers and one that comes back late: %s", wrong)
		}
	})
}

// Processes, and kill -9.
func TestFiveKills(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 7*time.Second)
	defer cancel()
	k := open(24, 5*time.Second)
	killer := newKiller("before step job-2", "after step job-7", "before pay job-11", "after pay job-15", "before done job-20")
	var errs [4]error
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = k.seat(ctx, killer) })
	}
	wg.Wait()
	if err := errors.Join(errs[:]...); err != nil {
		grade.NotYet(t, "a worker has died by itself: %v", err)
	}
	t.Logf("grade: kills=%d", killer.kills)
	if wrong := k.verdict(); wrong != "" {
		grade.NotYet(t, "after %d kills: %s", killer.kills, wrong)
	}
	if killer.kills != 5 {
		grade.NotYet(t, "only %d of five kills came to pass: does each worker work, Pay, and then say Done?", killer.kills)
	}
}
