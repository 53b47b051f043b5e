package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// claim is the script for n jobs.
func (l *lane) claim(n int, tidy bool) *step {
	return &step{script: claimScript, args: []any{l.id, l.next, n, l.worker.config.Lease.Milliseconds(), !l.claimed, l.since, l.queue.config.MaxDead, tidy}}
}

// exchange has t tell verdicts, if there is a t, and claims want jobs if it shall
// look; without want that only renews the lease and tidies. What fails is told again.
func (l *lane) exchange(t *teller, want int, look bool) (c claimed, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), answer)
	defer cancel()
	l.mu.Lock()
	id := l.id
	var told []*step
	if t != nil {
		told = l.compose(t)
	}
	steps := told
	if look {
		tidy := want == 0 || time.Since(l.renewed) > 10*time.Millisecond
		steps = append(told[:len(told):len(told)], l.claim(want, tidy))
	}
	l.mu.Unlock()
	if len(steps) == 0 {
		return c, nil
	}
	if err = l.shard.pipeline(ctx, l.shard.link.rdb, nil, nil, steps...); err != nil {
		return c, err
	}
	if t != nil {
		l.mu.Lock()
		l.told(t, told)
		l.mu.Unlock()
	}
	if look {
		c, err = l.shard.readClaim(steps[len(steps)-1].reply)
		c.lane = id
	}
	return c, err
}

// accept starts the jobs of a claim, as many as it has places for. What cannot
// start at once goes back to where any worker can take it.
func (l *lane) accept(c claimed, places int) {
	now := time.Now()
	l.mu.Lock()
	if c.state == "lost" || c.lane != l.id {
		if c.lane == l.id {
			l.lose()
		}
		l.mu.Unlock()
		l.slots.release(places)
		return
	}
	l.claimed, l.since = true, c.now-1000 // a second before, for two clocks differ
	if c.wait != notLooked {
		l.renewed = now
		l.note(c, now)
	}
	l.heed(c.aborts, now)
	started := 0
	for i, item := range c.items {
		t := l.unpack(item, i, c.now)
		if t.verdict.kind == 0 && started == places {
			t.verdict.kind = giving
		}
		if t.verdict.kind != 0 {
			l.verdicts = append(l.verdicts, t.verdict)
			continue
		}
		started++
		l.start(t)
	}
	if len(c.items) > 0 {
		l.left[l.next] = len(c.items)
		l.next++
	}
	l.mu.Unlock()
	l.slots.release(places - started)
}

// unpack reads an item of a batch. If its job shall not start, there is a verdict.
func (l *lane) unpack(item string, index int, now int64) *try {
	t := &try{lane: l}
	err := t.message.readItem(item)
	t.verdict = verdict{lane: l.id, batch: l.next, index: index, m: &t.message}
	_, unwanted := l.aborts[t.message.id]
	switch v := &t.verdict; {
	case err != nil:
		v.kind, v.outcome = burying, "the job cannot be read: "+err.Error()
	case t.message.expires > 0 && t.message.expires < now:
		v.kind, v.outcome = finished, string(expired)
	case unwanted && !t.message.recorded: // what has a record was ended there
		v.kind, v.outcome = finished, string(aborted)
	}
	return t
}

// A claimed is the answer to a claim.
type claimed struct {
	lane   string
	now    int64         // by Redis' clock, or near it
	state  string        // "ok", "paused" or "lost"
	wait   time.Duration // until there is something to tidy; negative if never, or notLooked
	aborts []string
	items  []string
}

const notLooked = -2 * time.Millisecond

func (s *shard) readClaim(reply *redis.Cmd) (c claimed, err error) {
	fields, err := reply.Slice()
	if err != nil {
		return c, err
	}
	if len(fields) != 5 {
		return c, fmt.Errorf("claim: Redis answers %d fields, want 5", len(fields))
	}
	if c.state, _ = fields[1].(string); c.state != "ok" && c.state != "paused" && c.state != "lost" {
		return c, fmt.Errorf("claim: Redis answers %.40q, want ok, paused or lost", c.state)
	}
	c.now, _ = fields[0].(int64)
	if c.now > 0 {
		s.clock.set(c.now)
	} else {
		c.now = s.clock.read()
	}
	wait, _ := fields[2].(int64)
	c.wait = time.Duration(min(max(wait, -2), longest)) * time.Millisecond
	c.aborts, c.items = texts(fields[3]), texts(fields[4])
	return c, nil
}
