package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
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
	share  *share                // with the helper
	wake   chan struct{}         // there is a verdict, or a slot, or the backlog has begun or ended
	early  chan struct{}         // the keeper's alarm is earlier than it was
	idle   redis.UniversalClient // to park with
	jobs   sync.WaitGroup

	helper *lane // nil, or one that fetches too, while there is a backlog
	helps  bool  // it is one

	mu       sync.Mutex
	id       string               // new for each lease
	claimed  bool                 // it has a lease
	renewed  time.Time            // when it was last, and Redis saw to what is due
	next     int64                // the number of the next batch
	event    time.Time            // when there is something to see to; zero means never
	noted    int64                // when Redis said so, by its clock
	since    int64                // what aborts are not known yet, by Redis' clock
	aborts   map[string]time.Time // ids of jobs that shall not start, and since when
	ctx      context.Context      // of the jobs under this lease
	cancel   context.CancelCauseFunc
	verdicts []verdict
	left     map[int64]int // how many jobs of a batch are not told to have ended
	empty    []any         // batches of which all are
	running  map[*try]bool
	fetching teller // the fetching goroutine
	ending   teller // a job that ends while that is parked
	parked   bool
	telling  bool // a job tells the verdicts of all
}

func newLane(w *Worker, q weighted, s *shard, places *slots, of *share, helps bool) *lane {
	l := &lane{worker: w, helps: helps, share: of, queue: q.Queue, shard: s, slots: places, wake: make(chan struct{}, 1), early: make(chan struct{}, 1), aborts: map[string]time.Time{}, running: map[*try]bool{}}
	l.renew()
	return l
}

// renew begins a lane anew.
func (l *lane) renew() {
	l.id, l.claimed, l.next, l.since = strings.ToLower(rand.Text()[:12]), false, 1, 0
	if l.helps {
		l.id += "+" // so that a worker with two lanes is counted once
	}
	l.left, l.empty, l.verdicts = map[int64]int{}, nil, nil
	l.fetching, l.ending = teller{name: "fetching"}, teller{name: "ending"}
	l.event = time.Time{}
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
	var others sync.WaitGroup
	working, end := context.WithCancel(ctx)
	others.Go(func() { <-working.Done(); l.idle.Close() }) // ends what is parked; what it took goes back when the lane is left
	kept, stop := context.WithCancel(context.Background())
	others.Go(func() { l.keep(kept) })
	for ctx.Err() == nil && err == nil {
		err = l.step(ctx)
	}
	end()
	l.slots.want(l.share, false)
	l.drain()
	stop()
	others.Wait()
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
	runtime.Gosched() // jobs that are about to end come along
	want := 0
	if !l.helps || l.slots.rushes(l.share) {
		want = l.slots.take(l.share, maxScript)
	}
	switch {
	case want == 0 && l.helps && !l.slots.rushes(l.share):
		return l.sleep(ctx)
	case want == 0 && !l.slots.wants(l.share):
		return l.park(ctx)
	}
	if want == 0 && !l.toTell() {
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
		return nil
	}
	var c claimed
	err := l.begin(want)
	if err == nil {
		c, err = l.exchange(&l.fetching, want, want > 0)
	}
	if err != nil {
		l.slots.release(want)
		return l.bear(ctx, err)
	}
	if want == 0 {
		return nil
	}
	l.accept(c, want)
	switch {
	case c.state == "paused" && l.worker.config.Burst:
		return l.burst(ctx, 0)
	case c.state == "paused" && l.helps:
		l.slots.want(l.share, false) // the other one looks again
	case c.state == "paused":
		l.doze(ctx, time.Second)
	case c.state == "ok" && len(c.items) == want && l.helper != nil:
		l.slots.rush(l.share)
	case c.state == "ok" && len(c.items) < want && l.worker.config.Burst && !l.helps:
		return l.burst(ctx, len(c.items))
	case c.state == "ok" && len(c.items) < want:
		l.slots.want(l.share, false)
	}
	return nil
}

// begin takes a lease, if there is none, before jobs are claimed. A claim that took
// the lease as well could come late, when the lane is long left, and take jobs with
// it that nobody would begin.
func (l *lane) begin(want int) error {
	l.mu.Lock()
	claimed := l.claimed
	l.mu.Unlock()
	if want == 0 || claimed {
		return nil
	}
	c, err := l.exchange(nil, 0, true)
	if err == nil {
		l.accept(c, 0)
	}
	return err
}

// sleep is what a helper does without a backlog: it tells how its jobs ended,
// and after a while gives up its lease.
func (l *lane) sleep(ctx context.Context) error {
	if l.toTell() {
		_, err := l.exchange(&l.fetching, 0, false)
		if err != nil {
			return l.bear(ctx, err)
		}
		return nil
	}
	linger := time.NewTimer(time.Second)
	defer linger.Stop()
	select {
	case <-l.wake:
		return nil
	case <-ctx.Done():
		return nil
	case <-linger.C:
	}
	l.mu.Lock()
	idle := len(l.running) == 0 && len(l.verdicts) == 0
	l.mu.Unlock()
	if idle {
		l.leave()
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// park waits in Redis for a job, on a connection of its own. The verdicts that
// have gathered go with it.
func (l *lane) park(ctx context.Context) error {
	l.mu.Lock()
	if !l.claimed { // a lease is taken on the other connection, which nothing can delay for long
		l.mu.Unlock()
		l.slots.want(l.share, true)
		return nil
	}
	l.parked = true
	want := max(min(l.slots.idle(), maxScript), 1)
	told := l.compose(&l.fetching)
	id, claim := l.id, l.claim(want, false)
	before := append(told[:len(told):len(told)], &step{script: parkScript, args: []any{id}})
	l.mu.Unlock()
	hand := l.shard.prefix + "hand:" + id
	err := l.shard.pipeline(ctx, l.idle, before, func(p redis.Pipeliner) {
		p.Do(ctx, "blmove", l.shard.key[0], hand, "left", "right", min(block, l.worker.config.Lease/2).Seconds())
	}, claim)
	l.mu.Lock()
	l.parked = false
	if err == nil {
		l.told(&l.fetching, told)
	}
	l.mu.Unlock()
	if ctx.Err() != nil {
		return nil
	}
	var c claimed
	if err == nil {
		c, err = l.shard.readClaim(claim.reply)
		c.lane = id
	}
	if err != nil {
		l.slots.want(l.share, true) // the next claim is made on the other connection
		return l.bear(ctx, err)
	}
	l.accept(c, l.slots.grab(len(c.items)))
	switch {
	case c.state == "paused":
		l.doze(ctx, time.Second)
	case len(c.items) >= want:
		l.slots.want(l.share, true)
	case len(c.items) > 0: // short jobs end before the next round trip begins
		for i := 0; i < 64 && l.busy(); i++ {
			runtime.Gosched()
		}
	}
	return nil
}

// busy reports whether a job of this lease runs.
func (l *lane) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.running) > 0
}

// doze looks at the queue again after a while, or when a job has ended.
func (l *lane) doze(ctx context.Context, d time.Duration) {
	l.slots.want(l.share, false)
	select {
	case <-l.wake: // that was this, and the slots granted before
	default:
	}
	if !l.toTell() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	l.slots.want(l.share, true)
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
		return fmt.Errorf("queue %s: %w", l.shard.name, l.shard.link.refused(err))
	}
	l.worker.config.Logger.Debug("Redis is away", "queue", l.shard.name, "error", err)
	pause(ctx, 100*time.Millisecond)
	return nil
}
