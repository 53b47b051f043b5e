package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/bench/netns"
)

// A Fault is a kind of fault, and how often it struck.
type Fault struct {
	Kind    string `json:"kind"`
	Means   string `json:"means"`
	Strikes int    `json:"strikes"`

	every  time.Duration                        // about how far apart strikes are
	draw   *rand.Rand                           // its own, so that no other fault changes when it strikes
	strike func(n int) (struck bool, err error) // n says where
}

// Kinds are those of faults.
var Kinds = []string{"kill", "leave", "stop", "cut", "clog", "producers", "redis"}

// Unplug is one more, for workers that are [Config.Apart].
const Unplug = "unplug"

// faults are those that the round is to have.
func (r *round) faults(ctx context.Context) (faults []*Fault) {
	for i, f := range r.all(ctx) {
		f.draw = rand.New(rand.NewPCG(r.config.Seed, uint64(i)))
		if slices.Contains(r.config.Faults, f.Kind) {
			faults = append(faults, f)
		}
	}
	return faults
}

func (r *round) all(ctx context.Context) []*Fault {
	lease := r.config.Lease
	return []*Fault{
		{Kind: "kill", Means: "a worker is killed", every: 200 * time.Millisecond, strike: r.at(r.crew.kill)},
		{Kind: "leave", Means: "a worker is told to leave", every: 500 * time.Millisecond, strike: r.at(func(p *place) error { return r.crew.dismiss(ctx, p) })},
		{Kind: "stop", Means: "a worker is stopped for two leases", every: 1500 * time.Millisecond, strike: r.at(func(p *place) error {
			return r.trouble(p, 2*lease, p.worker.Pause, p.worker.Resume)
		})},
		{Kind: "cut", Means: "a worker's link is cut for 700 ms", every: 1200 * time.Millisecond, strike: r.at(func(p *place) error {
			return r.trouble(p, 700*time.Millisecond, quietly(p.cable.Pull), quietly(p.cable.Plug))
		})},
		{Kind: "clog", Means: "a worker's link swallows all for two leases", every: 1700 * time.Millisecond, strike: r.at(func(p *place) error {
			return r.trouble(p, 2*lease, quietly(p.cable.Clog), quietly(p.cable.Plug))
		})},
		{Kind: Unplug, Means: "a worker's wire is unplugged for two leases", every: 1700 * time.Millisecond, strike: r.at(func(p *place) error {
			return r.trouble(p, 2*lease, p.wired(ctx, netns.Wire.Unplug), p.wired(ctx, netns.Wire.Plug))
		})},
		{Kind: "producers", Means: "the producers' link is cut for 100 ms", every: 900 * time.Millisecond, strike: func(int) (bool, error) {
			from := time.Now()
			r.producers.Pull()
			r.later(100*time.Millisecond, func() error {
				r.producers.Plug()
				r.cuts = append(r.cuts, Span{from, time.Now()})
				return nil
			})
			return true, nil
		}},
		{Kind: "redis", Means: "Redis is killed", every: 3 * time.Second, strike: func(int) (bool, error) { return true, r.killRedis(ctx) }},
	}
}

func quietly(do func()) func() error { return func() error { do(); return nil } }

// wired is what is done to the wire of a place.
func (p *place) wired(ctx context.Context, do func(netns.Wire, context.Context) error) func() error {
	return func() error { return do(p.network.Wire, ctx) }
}

// at has a fault strike place n, counted round and round, of those that have no trouble yet.
// One always stays without.
func (r *round) at(strike func(*place) error) func(int) (bool, error) {
	return func(n int) (bool, error) {
		if err := r.crew.mend(); err != nil {
			return false, err
		}
		free := r.crew.free()
		if len(free) < 2 {
			return false, nil
		}
		return true, strike(free[n%len(free)])
	}
}

// trouble troubles a place for a while.
func (r *round) trouble(p *place, lasts time.Duration, begin, end func() error) error {
	p.troubled = true
	from, number := time.Now(), p.number
	r.later(lasts, func() error {
		p.troubled = false
		err := end()
		r.crew.hits[number] = append(r.crew.hits[number], Span{from, time.Now()})
		return p.unlessDead(err)
	})
	return p.unlessDead(begin())
}

// unlessDead is an error that is not only because the worker has died by itself, which is
// noted elsewhere.
func (p *place) unlessDead(err error) error {
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// killRedis kills it and starts it again with what it has on disk.
func (r *round) killRedis(ctx context.Context) error {
	if err := r.lives(); err != nil {
		return err
	}
	away := Span{From: time.Now()}
	r.server.Crash()
	if err := r.server.Restart(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrRedis, err)
	}
	away.To = time.Now()
	r.outages = append(r.outages, away)
	return nil
}

// lives is an error if Redis has died by itself, as it does when its disk is full. Our own
// kill would hide it: Redis would be back, and what nobody knew in between would be put down
// to the faults.
func (r *round) lives() error {
	if err := r.server.Died(); err != nil {
		return fmt.Errorf("%w: it died by itself: %w", ErrRedis, err)
	}
	return nil
}

// An event is what happens at its time.
type event struct {
	at time.Time
	do func() error
}

func (r *round) later(d time.Duration, do func() error) {
	r.agenda = append(r.agenda, event{time.Now().Add(d), do})
}

// next takes the first event from the agenda.
func (r *round) next() (e event) {
	first := 0
	for i := range r.agenda {
		if r.agenda[i].at.Before(r.agenda[first].at) {
			first = i
		}
	}
	e = r.agenda[first]
	r.agenda = slices.Delete(r.agenda, first, first+1)
	return e
}

// blow is the first phase: faults strike, each kind at times of its own, until it is over.
// Then whatever has not passed yet does.
func (r *round) blow(ctx context.Context, faults []*Fault) error {
	from := time.Now()
	until := from.Add(r.config.Duration)
	for _, f := range faults {
		r.schedule(f, from, min(f.every, r.config.Duration/2), until)
	}
	for len(r.agenda) > 0 {
		e := r.next()
		if e.at.After(until) {
			e.at = until
		}
		if err := live.Pause(ctx, time.Until(e.at)); err != nil {
			return err
		}
		if err := e.do(); err != nil {
			return err
		}
	}
	return live.Pause(ctx, time.Until(until))
}

// schedule has a fault strike within a time from then on, and again and again after that.
// Strikes that the machine was too slow for are left out: they do not come all at once.
func (r *round) schedule(f *Fault, from time.Time, within time.Duration, until time.Time) {
	at, n := from, 0
	for first := true; first || at.Before(time.Now()); first = false {
		at, n = at.Add(time.Duration(f.draw.Int64N(int64(within)))), f.draw.Int()
	}
	r.agenda = append(r.agenda, event{at, func() error { return r.strike(f, at, n, until) }})
}

// strike strikes. A fault that finds nowhere to strike tries again soon.
func (r *round) strike(f *Fault, at time.Time, n int, until time.Time) error {
	if !time.Now().Before(until) {
		return nil
	}
	struck, err := f.strike(n)
	if !struck {
		r.later(50*time.Millisecond, func() error { return r.strike(f, at, n, until) })
		return err
	}
	f.Strikes++
	r.schedule(f, at, 2*f.every, until)
	return err
}
