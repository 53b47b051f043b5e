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
// longer than least, or what it looks at did. It is no fault of ours that a machine has too
// much to do, and none of the queue's.
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
	vigil(ctx, starving(r.config.Lease), func() { redis.Ping(ctx) }, func(s Span) { r.crew.starve(everybody, s) })
}

// everybody is the worker by whose number all are meant.
const everybody = 0

// starved reports whether a worker stood still in a span, or everybody did.
func (h History) starved(worker int, while Span) bool {
	return slices.ContainsFunc(h.Starved[worker], while.overlaps) || slices.ContainsFunc(h.Starved[everybody], while.overlaps)
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
