package jobs

import (
	"fmt"
	"sync"
	"time"
)

const (
	step  = 20 * time.Millisecond
	long  = 30          // steps of the first job: two leases
	night = time.Minute // when workers are sent home, whatever is left
	tries = 3           // attempts that a job may take
)

// A keeper keeps the student's queue and ledger, and notes what came of each job.
type keeper struct {
	mu      sync.Mutex // guards all below
	queue   Queue
	ledger  Ledger
	jobs    map[string]*record
	ids     []string
	closing time.Time
}

type record struct {
	taken, charged int
	steps          map[int]int // done by each attempt
	need           int
	early          bool // charged before all steps were done

	refused map[int]bool // attempts whose renewal was
	deaf    int          // steps after that
}

func open(jobs int, closes time.Duration) *keeper {
	k := &keeper{jobs: map[string]*record{}, closing: time.Now().Add(closes)}
	for i := range jobs {
		id, need := fmt.Sprint("job-", i), 2
		if i == 0 {
			need = long
		}
		k.ids = append(k.ids, id)
		k.jobs[id] = &record{steps: map[int]int{}, refused: map[int]bool{}, need: need}
		k.queue.Put(id, need)
	}
	return k
}

// take waits until there is a job to be had, or nothing is left to wait for.
func (k *keeper) take() (Job, bool) {
	for {
		job, ok, over := k.look()
		if ok || over {
			return job, ok
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// look takes a job if there is one now, and reports whether none will come.
func (k *keeper) look() (job Job, ok, over bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Now().After(k.closing) {
		return job, false, true
	}
	if job, ok = k.queue.Take(time.Now()); ok && k.jobs[job.ID] != nil {
		k.jobs[job.ID].taken++
	}
	return job, ok, k.queue.Left() == 0
}

// say is what a worker says of a job. It returns what the student's code answers.
func (k *keeper) say(verb string, job Job) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.jobs[job.ID]
	if r == nil {
		return false
	}
	switch verb {
	case "step":
		r.steps[job.Attempt]++
		if r.refused[job.Attempt] {
			r.deaf++
		}
		return true
	case "renew":
		ok := k.queue.Renew(job, time.Now())
		r.refused[job.Attempt] = !ok
		return ok
	case "pay":
		r.early = r.early || r.steps[job.Attempt] < r.need
		charge := k.ledger.Pay(job)
		if charge {
			r.charged++
		}
		return charge
	}
	return k.queue.Done(job, time.Now())
}

// verdict is what is wrong with how the jobs ended, and "" if nothing is.
func (k *keeper) verdict() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var lost []string
	for _, id := range k.ids {
		switch r := k.jobs[id]; {
		case r.charged == 0:
			lost = append(lost, id)
		case r.charged > 1:
			return fmt.Sprintf("%s was charged %d times", id, r.charged)
		case r.early:
			return fmt.Sprintf("%s was charged before all of its %d steps were done by one worker", id, r.need)
		case r.taken > tries:
			return fmt.Sprintf("%s took %d attempts, and should take %d at most: does its worker renew, and end it?", id, r.taken, tries)
		}
	}
	switch left := k.queue.Left(); {
	case len(lost) > 0:
		return fmt.Sprintf("%d of %d jobs are lost, such as %s", len(lost), len(k.ids), lost[0])
	case left != 0:
		return fmt.Sprintf("all jobs are charged, but the queue has %d left: does every worker end its job?", left)
	}
	return ""
}
