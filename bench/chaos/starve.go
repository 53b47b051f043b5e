package chaos

import (
	"context"
	"slices"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// starving is how long nothing may happen in a process before it counts as starved: who
// gets no processor cannot renew a lease, and two or three such times may add up to one.
func starving(lease time.Duration) time.Duration { return lease / 4 }

// vigil notes, until ctx ends, each stretch of time in which this process stood still for
// longer than least, or what it looks at did: the machine has too much to do.
func vigil(ctx context.Context, least time.Duration, look func(), note func(Span)) {
	last := time.Now()
	for live.Pause(ctx, least/8) == nil {
		look()
		now := time.Now()
		if now.Sub(last) > least {
			note(Span{last, now})
		}
		last = now
	}
}

// watchOver keeps a vigil over this process, by which all workers reach Redis, and over
// Redis itself.
func (r *round) watchOver(ctx context.Context, redis *lab.Client) {
	vigil(ctx, starving(r.config.Lease), func() { redis.Ping(ctx) }, func(s Span) {
		if !slow(ctx, redis, s) {
			r.crew.starve(everybody, s)
		}
	})
}

// watchful has Redis note the commands that take long, in milliseconds.
const watchful = "latency-monitor-threshold 20"

// slow reports whether Redis stood still because it was at a command. Then it is no machine's
// fault: the scripts are the queue's. Redis notes whole seconds, so one more at each end is
// meant.
func slow(ctx context.Context, redis *lab.Client, while Span) bool {
	seconds, err := redis.Do(ctx, "latency", "history", "command").Slice()
	if err != nil {
		return false
	}
	for _, second := range seconds {
		fields, _ := second.([]any) // when, and the longest command in ms
		if len(fields) != 2 {
			return false
		}
		at, _ := fields[0].(int64)
		ms, _ := fields[1].(int64)
		then := Span{time.Unix(at-1, 0), time.Unix(at+2, 0)}
		if took := time.Duration(ms) * time.Millisecond; took > while.To.Sub(while.From)/2 && while.overlaps(then) {
			return true
		}
	}
	return false
}

// everybody is the worker by whose number all are meant.
const everybody = 0

// starved reports whether a worker stood still in a span, or everybody did.
func (h History) starved(worker int, while Span) bool {
	return slices.ContainsFunc(h.Starved[worker], while.overlaps) || slices.ContainsFunc(h.Starved[everybody], while.overlaps)
}

// overwhelmed reports whether everybody stood still for most of the round. So much would
// be explained by that, that nothing is shown.
func (h History) overwhelmed() bool {
	var all time.Duration
	for _, s := range h.Starved[everybody] {
		all += s.To.Sub(s.From)
	}
	return all > h.Lasted/2
}

// starvings counts how often anybody stood still for no fault of ours.
func (h History) starvings() (n int) {
	for worker, spans := range h.Starved {
		for _, s := range spans {
			if !slices.ContainsFunc(h.Hits[worker], s.overlaps) && !(worker == everybody && slices.ContainsFunc(h.Outages, s.overlaps)) {
				n++
			}
		}
	}
	return n
}
