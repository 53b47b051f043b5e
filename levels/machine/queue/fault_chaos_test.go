package queue_test

import (
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// A storm is how long and how hard it blows.
type storm struct {
	kills     int
	producers int // at once, in each round between two kills
	jobs      int // of each producer in a round
}

// While programs enqueue and call, one worker process after the other is killed in the
// middle of jobs, and replaced. Nothing that was acknowledged is lost, and each
// job has one outcome, which one of its tries returned.
func TestChaos(t *testing.T) {
	storms := []storm{{kills: 6, producers: 5, jobs: 20}, {kills: 12, producers: 10, jobs: 25}}
	for i, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) { on(t, s.URL, func(r *rig) { r.chaos(storms[i]) }) })
	}
}

func (r *rig) chaos(s storm) {
	r.leaves(results...)
	begun := time.Now()
	q := r.open(queue.Config{})
	a := newTally()
	var working [3]*helper
	var diaries []*diary
	replace := func(i int) {
		working[i] = r.helper(r.part())
		diaries = append(diaries, working[i].diary)
	}
	for i := range working {
		replace(i)
	}
	var producing sync.WaitGroup
	defer producing.Wait() // if the test fails in the middle
	for kill := range s.kills {
		before := a.count()
		victim := working[kill%len(working)]
		r.hangs(q, a, kill)
		for p := range s.producers {
			producing.Go(func() { a.produce(r, q, (kill*s.producers+p)*s.jobs, s.jobs) })
		}
		r.eventually("half of the round is over", func() bool { return a.count()-before > s.producers*s.jobs/2 })
		victim.kill()
		replace(kill % len(working))
	}
	producing.Wait()
	for _, h := range working { // some of their jobs end only with them
		h.kill()
	}
	last, stop := r.labour(q, queue.WorkerConfig{Lease: brief})
	jobs := s.kills * (s.producers*s.jobs + hanging)
	r.eventually("all jobs are done", func() bool { return r.counters(q).Done >= jobs })
	r.eventually("the dead leave no lanes", func() bool { return r.workers() == 1 })
	stop()
	b := a.balance(r, append(diaries, last)...)
	c := r.counters(q)
	r.Logf("%d kills in %v: %v; %d tries lost", s.kills+len(working), time.Since(begun), b, c.Lost)
	if b.ok != jobs || b.acknowledged != jobs || b.recovered < s.kills*hanging {
		r.Errorf("want %d ok, and %d recovered", jobs, s.kills*hanging)
	}
	if c.Done != jobs || c.Dead > 0 || c.Lost < s.kills*hanging {
		r.Errorf("%+v, want %d done, and at least %d lost", c, jobs, s.kills*hanging)
	}
}

// hanging is how many jobs of each round end only if their worker dies.
const hanging = 2

// hangs leaves them. Their results are kept: see tally.produce.
func (r *rig) hangs(q *queue.Queue, a *tally, round int) {
	r.Helper()
	for i := range hanging {
		n := 1_000_001 + 4*(hanging*round+i)
		j, err := chores.Enqueue(r.Context(), q, chore{n, "hang first"}, queue.Track(), queue.KeepFor(time.Minute))
		a.enqueued(n, j, err)
	}
}
