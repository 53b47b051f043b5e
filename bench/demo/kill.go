package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/fleet/desk"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/machine/store"
)

const killPunchline = "At most once loses jobs, at least once repeats them. Exactly once is at least once, and somebody who remembers."

var kill = Demo{
	Name:      "kill",
	Title:     "A queue, four workers, and kill -9",
	Seconds:   60,
	Sees:      "Two hundred jobs charge two hundred customers, while the workers are killed: from a plain list, from a queue with leases, and with a desk that remembers whom it has charged.",
	Punchline: killPunchline,
	Emulated:  "The work of a job is a wait, and the desk is a hash in Redis. The workers are processes, and the kills are real.",
	Keys:      "1-4 kill that worker",
	Redis:     true,
	Run: func(ctx context.Context, s *live.Stage, c Config) error {
		return orCause(ctx, runKill(ctx, s, c))
	},
}

const (
	killJobs    = 200
	killWorkers = 4
	killTimes   = 6 // if the presenter kills nobody
	killTakes   = 200 * time.Millisecond
)

// An act is the same work with workers that take jobs in another way.
type act struct {
	way               desk.Way
	title, text, said string
}

var acts = []act{
	{desk.Pop, "1 of 3: pop a job, then do it",
		"Workers take jobs off a list in Redis (BLPOP), and then do them.",
		"What a killed worker had in hand was nowhere else."},
	{desk.Lease, "2 of 3: a lease",
		"A job stays in Redis until its worker says that it is done. When a dead worker's lease has run out, another worker begins its jobs again.",
		"Nothing is lost. But who was charged before the kill, and again after it, pays twice."},
	{desk.Once, "3 of 3: a lease, and a desk that remembers",
		"Jobs begin again as before. But the desk notes the id of each job that it has charged for (HSETNX), and charges no second time.",
		"Jobs ran twice, and nobody paid twice."},
}

// A killShow is the demo under way.
type killShow struct {
	*live.Stage
	Config
	store   *store.Store
	results []result
}

// A result is what became of the jobs of an act.
type result struct {
	desk.Tally
	kills int
}

// lost is how many jobs nobody has done, or ever will.
func (r result) lost() int { return killJobs - r.Done }

func runKill(ctx context.Context, s *live.Stage, c Config) (err error) {
	st, err := fleet.OpenStore(ctx, fleet.Config{Worker: c.Worker, Redis: c.Redis, Embedded: c.Embedded})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	k := &killShow{Stage: s, Config: c, store: st}
	curtain(s, acts[0].title)
	tell, err := k.Ask(ctx, fmt.Sprintf("%d jobs on a list, four workers; a few of these are killed. How many jobs are lost?", killJobs),
		"none", "about one for each kill", "all that are left")
	if err != nil {
		return err
	}
	for i, a := range acts {
		if err := k.act(ctx, i, a); err != nil {
			return err
		}
		if i == 0 {
			tell(k.answer())
		}
		k.Say(a.said)
		if _, err := k.hold(ctx, s, 8*time.Second); err != nil {
			return err
		}
	}
	k.conclude()
	return nil
}

// answer is the choice that came true in the first act.
func (k *killShow) answer() int {
	switch first := k.results[0]; {
	case first.lost() == 0:
		return 1
	case first.lost() <= first.kills:
		return 2
	}
	return 3
}

// lease is how long after a worker's death its job goes to another.
func (k *killShow) lease() time.Duration { return max(k.scaled(time.Second), 200*time.Millisecond) }

// act leaves the jobs, has them done, and counts what became of them.
func (k *killShow) act(ctx context.Context, number int, a act) (err error) {
	jobs := desk.Config{Redis: k.store.URL, Name: "demo-kill-" + rand.Text(), Way: a.way, Lease: k.lease()}
	d, err := desk.Open(ctx, jobs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	c, err := k.crew(number, jobs)
	if err != nil {
		return err
	}
	k.Scene(live.Scene{
		Title: a.title, Lanes: c.lanes(),
		Text: fmt.Sprintf("%s %d jobs, store=%s, lease %v. EMULATED: a job's work is a wait of about %v, with the charge in the middle.", a.text, killJobs, k.store.Name, jobs.Lease, k.scaled(killTakes)),
	})
	defer func() {
		err = errors.Join(err, c.close(), d.Drop(context.WithoutCancel(ctx))) // workers first: they would make keys again
	}()
	if err := d.Put(ctx, k.jobs(number)); err != nil {
		return err
	}
	c.open(ctx)
	r, err := k.watch(ctx, d, c)
	if err != nil {
		return err
	}
	k.results = append(k.results, r)
	clocks(k.Stage, c.collectors()...)
	return nil
}

// conclude shows the demo's numbers.
func (k *killShow) conclude() {
	t := live.Table{
		Title: "zero times, many times, once",
		Head:  []string{"jobs are taken by", "kills", "done", "lost", "begun again", "charged twice"},
		Note:  fmt.Sprintf("%d jobs each, store=%s. Processes and kills are real; the work is a wait, and the desk a hash in Redis.", killJobs, k.store.Name),
	}
	for i, name := range []string{"pop", "lease", "lease, desk remembers"} {
		r := k.results[i]
		row := []string{name}
		for _, n := range []int{r.kills, r.Done, r.lost(), r.Again, r.Twice} {
			row = append(row, fmt.Sprint(n))
		}
		t.Rows = append(t.Rows, row)
	}
	k.Table(t)
	k.Say(killPunchline)
}
