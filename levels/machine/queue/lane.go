package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A lane is what a worker has of one shard: a lease in Redis, and the jobs that
// lie under it. Two goroutines keep it.
//
// One fetches. Each of its exchanges with Redis is one round trip: the verdicts
// on the jobs that have ended, and a claim for as many as there are free slots.
// While one is on its way verdicts gather, and go with the next. When the
// queue is empty it parks: it blocks in Redis until a job comes, and claims
// it in the same round trip. So an idle worker asks for nothing, and takes a job as
// fast as Redis can hand it over. While it is parked, jobs that end tell their
// verdicts themselves, each for all that gathered.
//
// The other keeps the time: it renews the lease, and sees to what is due.
type lane struct {
	worker *Worker
	queue  *Queue
	shard  *shard
	slots  *slots
	share  share
	wake   chan struct{}         // there is a verdict, or a slot
	early  chan struct{}         // the keeper's alarm is earlier than it was
	idle   redis.UniversalClient // to park with
	jobs   sync.WaitGroup

	next int64 // the number of the next job; the fetching goroutine's own

	mu       sync.Mutex
	id       string               // new for each lease
	claimed  bool                 // it has a lease
	renewed  time.Time            // when it was last
	tidied   time.Time            // when Redis last saw to what is due, on this lane's word
	event    time.Time            // when there is something to see to; zero means never
	since    int64                // what aborts are not known yet, by Redis' clock
	aborts   map[string]time.Time // ids of jobs that shall not start, and since when
	ctx      context.Context      // of the jobs under this lease
	cancel   context.CancelCauseFunc
	verdicts []verdict
	running  map[*message]*tryContext
	parked   bool
	telling  bool // a job tells the verdicts of all
}

func newLane(w *Worker, q *Queue, s *shard, places *slots, weight int) *lane {
	l := &lane{worker: w, queue: q, shard: s, slots: places, wake: make(chan struct{}, 1), early: make(chan struct{}, 1), running: map[*message]*tryContext{}, aborts: map[string]time.Time{}}
	l.share = share{weight: weight, backlog: true, wake: l.ring}
	l.renew()
	return l
}

// renew begins a lane anew.
func (l *lane) renew() {
	l.id, l.claimed, l.next, l.since = strings.ToLower(rand.Text()[:12]), false, 1, 0
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
}

// ring wakes the fetching goroutine, unless it is parked.
func (l *lane) ring() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends, and then until its jobs have.
func (l *lane) run(ctx context.Context) (err error) {
	l.idle = l.shard.link.blocking()
	closing := context.AfterFunc(ctx, func() { l.idle.Close() }) // ends what is parked; what it took goes back when the lane is left
	var keeping sync.WaitGroup
	kept, stop := context.WithCancel(context.Background())
	keeping.Go(func() { l.keep(kept) })
	for ctx.Err() == nil && err == nil {
		err = l.step(ctx)
	}
	if closing() {
		l.idle.Close()
	}
	l.slots.want(&l.share, false)
	l.drain()
	stop()
	keeping.Wait()
	l.leave()
	if err == errEmpty {
		err = nil
	}
	return err
}

// errEmpty ends a burst.
var errEmpty = errors.New("the queue is empty")

// step is one exchange with Redis, or the wait for a reason to have one.
func (l *lane) step(ctx context.Context) error {
	want := l.slots.take(&l.share, maxScript)
	if want == 0 && !l.slots.wants(&l.share) {
		return l.park(ctx)
	}
	runtime.Gosched() // jobs that are about to end come along
	verdicts := l.gathered()
	if want == 0 && len(verdicts) == 0 {
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
		return nil
	}
	c, err := l.exchange(verdicts, want, want > 0)
	if err != nil {
		l.slots.release(want)
		return l.bear(ctx, err)
	}
	if want == 0 {
		return nil
	}
	l.accept(c, want)
	switch {
	case c.state == "paused":
		l.doze(ctx, time.Second)
	case c.state == "ok" && len(c.items) < want && l.worker.config.Burst:
		return l.burst(ctx, len(c.items))
	case c.state == "ok" && len(c.items) < want:
		l.slots.want(&l.share, false)
	}
	return nil
}

// park waits in Redis for a job, on a connection of its own. The verdicts that
// have gathered go with it.
func (l *lane) park(ctx context.Context) error {
	verdicts := l.gathered()
	l.mu.Lock()
	l.parked = true
	want := max(min(l.slots.idle(), maxScript), 1)
	claim, hand := l.claim(want, false), l.shard.prefix+"hand:"+l.id
	l.mu.Unlock()
	told := l.tell(verdicts, false)
	err := l.shard.pipeline(ctx, l.idle, told, func(p redis.Pipeliner) {
		p.Do(ctx, "blmove", l.shard.key[0], hand, "left", "right", min(block, l.worker.config.Lease/2).Seconds())
	}, claim)
	l.mu.Lock()
	l.parked = false
	if err != nil {
		l.verdicts = append(verdicts, l.verdicts...)
	}
	l.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	var c claimed
	if err == nil {
		c, err = l.shard.readClaim(claim.reply)
	}
	if err != nil {
		l.slots.want(&l.share, true) // the next claim is made on the other connection
		return l.bear(ctx, err)
	}
	l.accept(c, l.slots.grab(len(c.items)))
	switch {
	case c.state == "paused":
		l.doze(ctx, time.Second)
	case len(c.items) >= want:
		l.slots.want(&l.share, true)
	case len(c.items) > 0: // short jobs end before the next round trip begins
		for range 4 {
			runtime.Gosched()
		}
	}
	return nil
}

// doze looks at the queue again after a while, or when a job has ended.
func (l *lane) doze(ctx context.Context, d time.Duration) {
	l.slots.want(&l.share, false)
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.wake:
	case <-ctx.Done():
	}
	l.slots.want(&l.share, true)
}

// burst ends the work if nothing is ready and nothing runs.
func (l *lane) burst(ctx context.Context, items int) error {
	l.mu.Lock()
	busy := len(l.running) > 0 || len(l.verdicts) > 0
	l.mu.Unlock()
	if items == 0 && !busy {
		return errEmpty
	}
	if items == 0 { // what runs may be tried again at once
		l.doze(ctx, 5*time.Second)
	}
	return nil
}

// bear waits after an error that may pass, and returns any other.
func (l *lane) bear(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	if isReply(err) && !passes(err) {
		return fmt.Errorf("queue %s: %w", l.shard.name, refused(err))
	}
	l.worker.config.Logger.Debug("Redis is away", "queue", l.shard.name, "error", err)
	pause(ctx, 100*time.Millisecond)
	return nil
}

// keep renews the lease and sees to what is due, until ctx ends.
func (l *lane) keep(ctx context.Context) {
	for {
		at := l.alarm()
		timer := time.NewTimer(time.Until(at))
		select {
		case <-timer.C:
		case <-l.early:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
		if time.Now().Before(l.alarm()) {
			continue // an exchange came before
		}
		c, err := l.exchange(nil, 0, true)
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		l.accept(c, 0)
	}
}

// alarm is when the lane must be heard of, or there is something to see to.
func (l *lane) alarm() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	beat := l.worker.config.Lease / 3
	if !l.claimed {
		return time.Now().Add(beat)
	}
	if len(l.running) > 0 {
		beat = min(beat, 500*time.Millisecond) // aborts are told by beats
	}
	at := l.renewed.Add(beat)
	if !l.event.IsZero() && l.event.Before(at) {
		at = l.event
	}
	return at
}

// claim is the script for n jobs.
func (l *lane) claim(n int, tidy bool) *step {
	return &step{script: claimScript, args: []any{l.id, l.next, n, l.worker.config.Lease.Milliseconds(), !l.claimed, l.since, l.queue.config.MaxDead, tidy}}
}

// exchange tells verdicts, and claims want jobs if it shall look; without want it
// only renews the lease. If it fails, the verdicts are told with the next one.
func (l *lane) exchange(verdicts []verdict, want int, look bool) (c claimed, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), answer)
	defer cancel()
	steps := l.tell(verdicts, false)
	if look {
		l.mu.Lock()
		tidy := want == 0 || time.Since(l.renewed) > 10*time.Millisecond
		steps = append(steps, l.claim(want, tidy))
		l.mu.Unlock()
	}
	if err = l.shard.pipeline(ctx, l.shard.link.rdb, nil, nil, steps...); err != nil {
		l.mu.Lock()
		l.verdicts = append(verdicts, l.verdicts...)
		l.mu.Unlock()
		return c, err
	}
	if look {
		return l.shard.readClaim(steps[len(steps)-1].reply)
	}
	return c, nil
}

// accept starts the jobs of a claim, as many as it has places for. What cannot
// start at once goes back to where any worker can take it.
func (l *lane) accept(c claimed, places int) {
	now := time.Now()
	l.mu.Lock()
	if c.state == "lost" {
		l.lose()
		l.mu.Unlock()
		l.slots.release(places)
		return
	}
	l.claimed, l.since = true, c.now
	if c.wait != notLooked {
		l.renewed = now
		if l.event = (time.Time{}); c.wait >= 0 {
			l.event = now.Add(c.wait)
			select {
			case l.early <- struct{}{}:
			default:
			}
		}
	}
	l.heed(c.aborts, now)
	started := 0
	for _, item := range c.items {
		m := &message{}
		err := m.readItem(item)
		v := verdict{lane: l.id, number: l.next, m: m}
		l.next++
		_, unwanted := l.aborts[m.id]
		switch {
		case err != nil:
			v.kind, v.outcome = burying, "the job cannot be read: "+err.Error()
		case m.expires > 0 && m.expires < c.now:
			v.kind, v.outcome = finished, string(expired)
		case unwanted:
			v.kind, v.outcome = finished, string(aborted)
		case started == places:
			v.kind = giving
		default:
			l.start(v)
			started++
			continue
		}
		l.verdicts = append(l.verdicts, v)
	}
	l.mu.Unlock()
	l.slots.release(places - started)
}

// lose gives up a lane that has fallen: its jobs are others' now.
func (l *lane) lose() {
	l.worker.config.Logger.Warn("lease lost: this worker's jobs go to others", "queue", l.shard.name, "lane", l.id)
	l.worker.stats.lost()
	l.cancel(ErrGone)
	l.renew()
}

// heed cancels jobs that shall be aborted, and remembers those that may come.
func (l *lane) heed(ids []string, now time.Time) {
	if len(ids) == 0 {
		return
	}
	for id, at := range l.aborts {
		if now.Sub(at) > callLife {
			delete(l.aborts, id)
		}
	}
	for _, id := range ids {
		l.aborts[id] = now
	}
	for m, ctx := range l.running {
		if slices.Contains(ids, m.id) {
			ctx.end(ErrAborted)
		}
	}
}

// start has a job run.
func (l *lane) start(v verdict) {
	m := v.m
	ctx := &tryContext{parent: l.ctx, attempt: &Attempt{ID: m.id, Task: m.name, Queue: l.shard.name, Try: m.tries, MaxTries: m.max, Enqueued: clockTime(m.enqueued), Payload: m.payload}}
	l.running[m] = ctx
	l.jobs.Add(1) // drain waits for it
	l.worker.crew.run(try{l, v, ctx})
}

// A try is a job that runs.
type try struct {
	*lane
	v   verdict
	ctx *tryContext
}

func (t *try) run() {
	defer t.end()
	t.worker.attempt(t.ctx, t.lane, &t.v)
}

// end gathers the verdict, and has it told.
func (t *try) end() {
	l := t.lane
	t.ctx.end(nil)
	l.mu.Lock()
	delete(l.running, t.v.m)
	l.verdicts = append(l.verdicts, t.v)
	tell := l.parked && !l.telling
	l.telling = l.telling || tell
	l.mu.Unlock()
	l.slots.release(1)
	if tell {
		l.tellAll()
	} else {
		l.ring()
	}
	l.jobs.Done()
}

// tellAll tells the verdicts that have gathered, until there are none.
func (l *lane) tellAll() {
	for {
		verdicts := l.gathered()
		if len(verdicts) > 0 {
			if _, err := l.exchange(verdicts, 0, false); err != nil {
				time.Sleep(100 * time.Millisecond)
			}
			continue
		}
		l.mu.Lock()
		if len(l.verdicts) == 0 || !l.parked {
			l.telling = false
			l.mu.Unlock()
			l.ring()
			return
		}
		l.mu.Unlock()
	}
}

// gathered takes the verdicts that are not told yet. Those of a lane that fell
// are dropped: they would be refused.
func (l *lane) gathered() []verdict {
	l.mu.Lock()
	defer l.mu.Unlock()
	verdicts := l.verdicts
	l.verdicts = nil
	return slices.DeleteFunc(verdicts, func(v verdict) bool { return v.lane != l.id })
}

// drain waits for the running jobs, until the grace is over and longer if they
// do not heed their ctx, and tells how they ended.
func (l *lane) drain() {
	ended := make(chan struct{})
	go func() { defer close(ended); l.jobs.Wait() }() // received below
	grace := time.NewTimer(l.worker.config.Grace)
	defer grace.Stop()
	for {
		select {
		case <-ended:
			return
		case <-grace.C:
			l.mu.Lock()
			l.cancel(ErrGrace)
			l.mu.Unlock()
		case <-l.wake:
			if verdicts := l.gathered(); len(verdicts) > 0 {
				if _, err := l.exchange(verdicts, 0, false); err != nil {
					time.Sleep(100 * time.Millisecond)
					l.ring()
				}
			}
		}
	}
}

// leave tells the last verdicts and gives up the lease, and with it what could
// not be ended. If Redis does not answer for five seconds, the lease runs out.
func (l *lane) leave() {
	if !l.claimed {
		return
	}
	ctx, cancel := patience(context.Background())
	defer cancel()
	steps := l.tell(l.gathered(), true)
	for ctx.Err() == nil {
		err := l.shard.pipeline(ctx, l.shard.link.rdb, nil, nil, steps...)
		if err == nil || isReply(err) && !passes(err) {
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// tell makes the scripts that tell verdicts, and at last that the lane is left.
func (l *lane) tell(verdicts []verdict, leaving bool) (steps []*step) {
	for len(verdicts) > 0 || leaving {
		n, size := 0, 0
		for n < len(verdicts) && n < maxScript && size < maxBytes {
			size += len(verdicts[n].outcome)
			n++
		}
		last := leaving && n == len(verdicts)
		steps = append(steps, &step{script: finishScript, args: l.finish(verdicts[:n], last)})
		if verdicts = verdicts[n:]; last {
			break
		}
	}
	return steps
}

// finish makes the arguments of the script of that name.
func (l *lane) finish(verdicts []verdict, leaving bool) []any {
	args := make([]any, 0, 8+4*len(verdicts))
	args = append(args, l.id, l.queue.config.MaxDead, leaving)
	done, recorded := 0, 0
	kept, told, troubles := map[int64][]any{}, map[string][]any{}, []any(nil)
	var ids []any
	args = append(args, 0)
	count := len(args) - 1
	for _, v := range verdicts {
		m := v.m
		if v.kind != finished {
			troubles = append(troubles, "t", v.number, string(v.kind), ceil(v.after), v.outcome)
			continue
		}
		args = append(args, v.number)
		done++
		if m.recorded {
			ids = append(ids, m.id)
			recorded++
		}
		if m.keep > 0 || m.recorded {
			kept[m.keep] = append(kept[m.keep], m.id, v.outcome)
		}
		if m.client != "" {
			told[m.client] = append(told[m.client], m.id+" "+v.outcome)
		}
	}
	args[count] = done
	args = append(append(args, recorded), ids...)
	for ms, pairs := range kept {
		args = append(append(args, "k", ms, len(pairs)), pairs...)
	}
	for client, texts := range told {
		args = append(append(args, "a", client, len(texts)), texts...)
	}
	return append(args, troubles...)
}
