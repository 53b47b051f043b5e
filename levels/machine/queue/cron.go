package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// A cronEntry is a job that comes again and again.
type cronEntry struct {
	name     string
	schedule cron.Schedule
	message  func() (message, error)
	queue    *Queue
}

// Cron has the worker enqueue a job at the times of spec: five fields (minute,
// hour, day of month, month, day of week), @hourly, @every 10s, with an optional
// TZ= before them (UTC otherwise); see github.com/robfig/cron. The times are
// Redis' clock's. However many workers have the same entry, each tick enqueues
// one job; a tick at which none is alive is left out. An entry is known by its
// task and spec; give the same input everywhere.
func Cron[In, Out any](w *Worker, spec string, t Task[In, Out], in In, opts ...Option) error {
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return fmt.Errorf("cron %q: %w", spec, err)
	}
	q := w.queues[0].Queue
	make := func() (message, error) {
		messages, err := t.messages(q, []In{in}, opts)
		if err != nil {
			return message{}, t.named(err)
		}
		return messages[0], nil
	}
	if _, err := make(); err != nil {
		return fmt.Errorf("cron %q: %w", spec, err)
	}
	if schedule.Next(time.Now()).IsZero() {
		return fmt.Errorf("cron %q: that time never comes", spec)
	}
	w.crons = append(w.crons, cronEntry{t.name + " " + spec, schedule, make, q})
	return nil
}

// tick enqueues the jobs of the cron entries until ctx ends. Every worker does:
// Redis lets the first one in that comes with a later tick than the last.
func (w *Worker) tick(ctx context.Context) {
	next := make([]time.Time, len(w.crons))
	for i, c := range w.crons {
		next[i] = c.next()
	}
	for ctx.Err() == nil {
		first := 0
		for i := range next {
			if next[i].Before(next[first]) {
				first = i
			}
		}
		c, at := w.crons[first], next[first]
		pause(ctx, at.Sub(c.queue.now()))
		if ctx.Err() != nil {
			return
		}
		if now := c.queue.now(); now.Before(at) {
			continue // the clock was set back
		}
		if err := c.enqueue(ctx, at); err != nil && ctx.Err() == nil {
			w.config.Logger.Error("cron", "entry", c.name, "tick", at, "error", err)
			if !errors.Is(err, ErrRefused) && !errors.Is(err, ErrFull) && c.next().Sub(at) > time.Second {
				pause(ctx, time.Second) // whether it was enqueued is unknown: asking again is safe
				continue
			}
		}
		next[first] = c.next()
	}
}

// next is the next tick. Those of @every are the multiples of its time since 1970,
// so that they are the same for all workers.
func (c *cronEntry) next() time.Time {
	now := c.queue.now()
	if every, ok := c.schedule.(cron.ConstantDelaySchedule); ok {
		ms := every.Delay.Milliseconds()
		return time.UnixMilli((now.UnixMilli()/ms + 1) * ms).UTC()
	}
	return c.schedule.Next(now)
}

// enqueue leaves the job of a tick, unless another worker has.
func (c *cronEntry) enqueue(ctx context.Context, at time.Time) error {
	m, err := c.message()
	if err != nil {
		return err
	}
	shard := 0 // all workers must ask the same shard
	if m.id != "" {
		shard = c.queue.indexOf(m.id)
	} else {
		m.id = c.queue.newID(&m, 0)
	}
	messages := []message{m}
	c.queue.address(messages)
	answered := make(chan error, 1)
	c.queue.post[shard].send(&parcel{messages: []*message{&messages[0]}, cron: c.name, tick: at.UnixMilli(), settled: func(verdicts []byte, err error) {
		if err == nil && verdicts[0] == 'f' {
			err = ErrFull
		}
		answered <- err
	}})
	select {
	case err := <-answered:
		return err
	case <-ctx.Done():
		return nil
	}
}

// now is Redis' time, in UTC.
func (q *Queue) now() time.Time { return time.UnixMilli(q.shards[0].clock.read()).UTC() }
