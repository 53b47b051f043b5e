package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// A round is one Redis, one queue and one crew, from the first job to the last.
type round struct {
	config    Config
	server    *lab.Server
	producers *lab.Cable // what all producers reach Redis by
	crew      *crew
	way       way
	agenda    []event
	outages   []Span
	cuts      []Span // of the producers

	mu    sync.Mutex // guards what follows
	told  map[int]Told
	doubt map[int]Span
	asks  map[int]ask
	first map[int]Outcome // of those that were seen to end

	poison map[int]bool
}

// play plays a round.
func play(ctx context.Context, c Config) (h History, faults []*Fault, store storeInfo, err error) {
	r := &round{config: c, told: map[int]Told{}, doubt: map[int]Span{}, asks: map[int]ask{}, first: map[int]Outcome{}, poison: map[int]bool{}}
	if r.server, err = lab.Start(ctx, "appendonly yes", "appendfsync always", watchful); err != nil {
		return h, nil, store, fmt.Errorf("%w: %w", ErrRedis, err)
	}
	defer func() { err = errors.Join(err, r.server.Close()) }()
	if store, err = inquire(ctx, r.server); err == nil {
		err = r.open(ctx)
	}
	if err == nil {
		faults = r.faults(ctx)
		h, err = r.run(ctx, faults)
	}
	if r.crew == nil {
		return h, nil, store, err
	}
	r.close()
	h.Tries, h.Kills, h.Hits, h.Outages, h.Cuts = r.crew.history(), r.crew.kills, r.crew.hits, r.outages, r.cuts
	h.Died, h.Lease, h.Leavers, h.Starved = r.crew.died, c.Lease, r.crew.leavers, r.crew.hunger
	return h, faults, store, err
}

// A storeInfo is what a Redis says of itself.
type storeInfo struct{ name, log string }

// inquire asks whether every change goes to the disk before it is answered. That the
// settings ask for it is one thing, that the server does it another.
func inquire(ctx context.Context, s *lab.Server) (i storeInfo, err error) {
	settings, err := s.ConfigGet(ctx, "append*").Result()
	i = storeInfo{s.Name(), settings["appendfsync"]}
	if settings["appendonly"] != "yes" {
		i.log = "none"
	}
	return i, err
}

// open lays the cables, opens the queue, and hires the workers.
func (r *round) open(ctx context.Context) (err error) {
	r.crew = &crew{
		command: r.config.Worker, env: r.config.Env, url: r.server.Through,
		order: Order{Way: r.config.Way, Concurrency: 10, Lease: r.config.Lease}, hits: map[int][]Span{}, leavers: map[int]time.Time{}, tries: map[Token]*Try{}, hunger: map[int][]Span{},
	}
	addr := r.server.Options().Addr
	if r.producers, err = lab.Lay(addr); err != nil {
		return err
	}
	if r.way, err = open(ctx, r.config.Way, r.server.Through(r.producers.Addr())); err != nil {
		return err
	}
	for range r.config.Workers {
		p := &place{}
		r.crew.places = append(r.crew.places, p)
		if err := p.open(ctx, addr, r.config.Apart); err != nil {
			return err
		}
		if err := r.crew.hire(p); err != nil {
			return err
		}
	}
	return nil
}

// run is both phases: faults, then none, until the queue is empty and everybody was told
// or the patience is at its end.
func (r *round) run(all context.Context, faults []*Fault) (h History, err error) {
	ctx, cancel := context.WithCancel(all)
	defer cancel()
	var producing sync.WaitGroup
	defer producing.Wait()
	defer cancel() // before that wait
	redis, err := lab.Dial(r.server.URL())
	if err != nil {
		return h, err
	}
	defer redis.Close()
	begun := time.Now()
	defer func() { h.Lasted = time.Since(begun) }()
	awake, sleep := context.WithCancel(all)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer sleep()
	watching.Go(func() { r.watchOver(awake, redis) })
	produced := make(chan struct{})
	producing.Go(func() {
		defer close(produced)
		r.produce(ctx, &producing)
	})
	if err = cmp.Or(r.blow(ctx, faults), r.lives()); err != nil {
		return h, err
	}
	patient, stop := context.WithTimeout(ctx, r.config.Patience)
	defer stop()
	healed := time.Now()
	h.Complete = r.drained(patient, produced)
	h.Rest = time.Since(healed)
	cancel() // whoever was told nothing by now will not be
	producing.Wait()
	r.crew.rest(all)
	if all.Err() != nil {
		return h, context.Cause(all)
	}
	err = r.collect(all, &h)
	return h, cmp.Or(r.lives(), err)
}

// drained waits until all is produced and ended.
func (r *round) drained(ctx context.Context, produced <-chan struct{}) bool {
	select {
	case <-produced:
	case <-ctx.Done():
		return false
	}
	for ctx.Err() == nil {
		if n, err := r.way.left(ctx); n == 0 && err == nil {
			return true
		}
		live.Pause(ctx, 20*time.Millisecond)
	}
	return false
}

// produce leaves jobs at a steady rate, and waits until all were taken. Some take long
// enough to be met by a fault.
func (r *round) produce(ctx context.Context, watching *sync.WaitGroup) {
	var leaving sync.WaitGroup
	defer leaving.Wait()
	from := time.Now()
	takes := rand.New(rand.NewPCG(r.config.Seed, 1000))
	for n := range r.config.Jobs {
		c := Chore{N: n, Takes: time.Duration(takes.Int64N(int64(20 * time.Millisecond)))}
		if n%100 < 4 { // one of each kind
			c.Takes = 300 * time.Millisecond
		}
		if c.Poison = n%19 == 7; c.Poison { // some 500 in 10,000, of all kinds
			r.poison[n] = true
		}
		due := from.Add(r.config.Duration * time.Duration(n) / time.Duration(r.config.Jobs))
		if live.Pause(ctx, time.Until(due)) != nil {
			return
		}
		leaving.Go(func() {
			if ask := r.leave(ctx, c); ask != nil {
				watching.Go(func() { r.watch(ctx, c.N, ask) })
			}
		})
	}
}

// leave leaves a job, and returns how to learn its outcome if it is known to be there.
func (r *round) leave(ctx context.Context, c Chore) ask {
	from := time.Now()
	ask, err := r.way.leave(ctx, c)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err == nil:
		r.told[c.N], r.asks[c.N] = Acknowledged, ask
	case ctx.Err() != nil:
		r.told[c.N] = Unanswered
	default:
		r.told[c.N], r.doubt[c.N] = Unknown, Span{from, time.Now()}
	}
	return ask
}

// watch notes an outcome as soon as it is there. It may not change any more.
func (r *round) watch(ctx context.Context, n int, ask ask) {
	o, err := ask(ctx)
	if err != nil {
		return // it is asked again when all is over
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.first[n] = o
}

// collect asks what was recorded of each job that was acknowledged. Where no answer can be
// had the reason is noted, and the judge says that the job is lost.
func (r *round) collect(ctx context.Context, h *History) (err error) {
	h.Told, h.Doubts, h.Poison, h.First, h.Recorded, h.Silent = r.told, r.doubt, r.poison, r.first, map[int]Outcome{}, map[int]error{}
	if h.Totals, err = r.way.totals(ctx); err != nil {
		return fmt.Errorf("count what was recorded: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, r.config.Patience)
	defer cancel()
	jobs := make(chan int)
	var asking sync.WaitGroup
	var mu sync.Mutex
	for range 32 {
		asking.Go(func() {
			for n := range jobs {
				o, err := r.asks[n](ctx)
				mu.Lock()
				if err == nil {
					h.Recorded[n] = o
				} else {
					h.Silent[n] = err
				}
				mu.Unlock()
			}
		})
	}
	for n := range r.asks {
		jobs <- n
	}
	close(jobs)
	asking.Wait()
	return nil
}

// close ends the workers, if they have not left yet, then the queue, then the cables.
func (r *round) close() {
	r.crew.close()
	if r.way != nil {
		r.way.Close()
	}
	if r.producers != nil {
		r.producers.Close()
	}
}
