package queue

import (
	"context"
	"slices"
	"time"
)

// keep renews the lease and sees to what is due, until ctx ends.
func (l *lane) keep(ctx context.Context) {
	for {
		timer := time.NewTimer(min(time.Until(l.alarm()), quick)) // jobs that start meanwhile make it earlier
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
			continue
		}
		l.expect(time.Time{}) // the answer tells what comes next; if it counts for nothing, the next beat's does
		c, err := l.exchange(nil, 0, true)
		if err != nil {
			pause(ctx, 100*time.Millisecond)
			l.expect(time.Now())
			continue
		}
		l.accept(c, 0)
	}
}

// quick is the rhythm of heartbeats while jobs run.
const quick = 500 * time.Millisecond

// alarm is when the lane must be heard of, or there is something to see to.
func (l *lane) alarm() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	beat := l.worker.config.Lease / 3
	if !l.claimed {
		return time.Now().Add(beat)
	}
	if len(l.running) > 0 {
		beat = min(beat, quick) // aborts are told by beats
	}
	at := l.renewed.Add(beat)
	if !l.event.IsZero() && l.event.Before(at) {
		at = l.event
	}
	return at
}

// note sets the alarm to when Redis said that there is something to see to. Of two
// answers that overtook each other the later one counts, and the earlier alarm of
// two that were given in the same millisecond. None is overtaken by more than it may
// take: the clock was set back then.
func (l *lane) note(c claimed, now time.Time) {
	at := now.Add(c.wait)
	switch {
	case c.now < l.noted && l.noted-c.now < (block+answer).Milliseconds(), c.now == l.noted && (c.wait < 0 || !l.event.IsZero() && l.event.Before(at)):
		return
	case c.wait < 0:
		at = time.Time{}
	}
	l.event, l.noted = at, c.now
	select {
	case l.early <- struct{}{}:
	default:
	}
}

// expect sets the alarm; zero means never.
func (l *lane) expect(event time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.event = event
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
	for t := range l.running {
		if slices.Contains(ids, t.message.id) {
			t.ctx.end(ErrAborted)
		}
	}
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
			if l.toTell() {
				if _, err := l.exchange(&l.fetching, 0, false); err != nil {
					time.Sleep(breathing)
				}
				l.ring() // look again
			}
		}
	}
}

// leave tells the last verdicts and gives up the lease, and with it what could
// not be ended. If Redis does not answer for five seconds, the lease runs out.
func (l *lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.claimed {
		return
	}
	defer l.renew()
	ctx, cancel := patience(context.Background())
	defer cancel()
	steps := l.compose(&l.fetching)
	l.fetching.number++
	steps = append(steps, &step{script: finishScript, args: []any{l.id, l.queue.config.MaxDead, true, l.fetching.name, l.fetching.number, 0, 0}})
	for ctx.Err() == nil {
		err := l.shard.pipeline(ctx, l.shard.link.rdb, nil, nil, steps...)
		if err == nil || isReply(err) && !passes(err) {
			return
		}
		pause(ctx, breathing)
	}
}
