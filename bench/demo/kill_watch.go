package demo

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet/desk"
	"github.com/fourlevels/fourlevels/bench/live"
)

// jobs are those of an act: the same in every show.
func (k *killShow) jobs(act int) []desk.Job {
	dice := rand.New(rand.NewPCG(2019, uint64(act)))
	jobs := make([]desk.Job, killJobs)
	for i := range jobs {
		jobs[i] = desk.Job{N: i, Takes: k.scaled(killTakes/2 + below(dice, killTakes))}
	}
	return jobs
}

// below is a random time below d.
func below(dice *rand.Rand, d time.Duration) time.Duration {
	return time.Duration(dice.Int64N(int64(d)))
}

// A stroke is a kill to come.
type stroke struct {
	after  int // so many jobs done; a time would miss the workers of a slow machine
	worker int
}

// plan is whom to kill when, in case that the presenter does not: at random, and the same in
// every show. It leaves the presenter some time to begin.
func plan(act int) (strokes []stroke) {
	dice := rand.New(rand.NewPCG(2019, uint64(100+act)))
	const first, part = killJobs * 3 / 10, killJobs * 6 / 10 / killTimes
	for i := range killTimes {
		strokes = append(strokes, stroke{first + i*part + dice.IntN(part), dice.IntN(killWorkers)})
	}
	return strokes
}

// watch shows the jobs until no more is done, and kills meanwhile.
func (k *killShow) watch(ctx context.Context, d *desk.Desk, c *crew) (r result, err error) {
	tick := time.NewTicker(max(k.scaled(100*time.Millisecond), 10*time.Millisecond))
	defer tick.Stop()
	strokes := plan(c.act)
	for last := time.Now(); ; {
		select {
		case <-tick.C:
			if len(strokes) > 0 && r.Done >= strokes[0].after && c.strike(strokes[0].worker) {
				r.kills++
				strokes = strokes[1:]
			}
			before := r.Done
			if r.Tally, err = d.Tally(ctx); err != nil {
				return r, err
			}
			k.count(r, c.missing())
			if r.Done > before {
				last = time.Now()
			}
		case key := <-k.Keys():
			if key >= '1' && key < '1'+killWorkers {
				strokes = nil // from now on the presenter does it
				if c.kill(int(key - '1')) {
					r.kills++
				}
			}
		case err := <-c.failed:
			return r, err
		case <-ctx.Done():
			return r, context.Cause(ctx)
		}
		over, err := k.over(r, c, time.Since(last))
		if over || err != nil {
			k.count(r, r.lost())
			return r, err
		}
	}
}

// over says whether nothing more will come: all is done, or the list is empty, no more is
// missing than a kill each can take, and nobody has got anything done for longer than any job
// takes.
func (k *killShow) over(r result, c *crew, still time.Duration) (bool, error) {
	switch {
	case r.Done == killJobs:
		return true, nil
	case c.jobs.Way == desk.Pop && r.Waiting == 0 && r.lost() <= r.kills:
		return still > 2*k.scaled(2*killTakes)+500*time.Millisecond, nil
	case still > 20*time.Second:
		return false, errors.New("the workers have stood still for 20 s, with jobs left to do")
	}
	return false, nil
}

// count shows how the jobs stand.
func (k *killShow) count(r result, lost int) {
	k.Count(live.Count{Name: "killed", Value: float64(r.kills), Unit: "workers"})
	k.Count(live.Count{Name: "done", Value: float64(r.Done), Unit: "jobs"})
	k.Count(live.Count{Name: "lost", Value: float64(lost), Unit: "jobs", Bad: true})
	k.Count(live.Count{Name: "begun again", Value: float64(r.Again), Unit: "jobs"})
	k.Count(live.Count{Name: "charged twice", Value: float64(r.Twice), Unit: "customers", Bad: true})
}
