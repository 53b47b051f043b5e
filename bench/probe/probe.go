// Package probe asks a machine what it can do, before anything is measured on
// it: how many cores it delivers, what a round trip costs from the system call
// up to the process, and whether the tools are there.
//
// The answers explain results and never enter them. They are data; whoever
// calls prints them.
package probe

import (
	"context"
	"slices"
	"time"
)

// median answers the middle of values, 0 if there are none, and reorders them.
func median[T ~int64 | ~float64](values []T) T {
	return quantile(values, 50)
}

// quantile answers the smallest of values that p percent of them do not
// exceed, 0 if there are none, and puts them in order. Of fewer than 100 values
// the 99th percentile is the largest.
func quantile[T ~int64 | ~float64](values []T, p int) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(0, (len(values)*p+99)/100-1)]
}

// sample calls op again and again, until time or count is used up or ctx ends,
// and answers what one call took. Each sample is the average over a batch of
// calls, as reading the clock costs more than a cheap call does. The first
// batch pays for connections and cold caches and is not among the samples.
func sample(ctx context.Context, b bounds, batch int, op func() error) ([]time.Duration, error) {
	var taken []time.Duration
	deadline := time.Now().Add(b.time)
	for n := -1; n < b.count; n++ {
		start := time.Now()
		for range batch {
			if err := op(); err != nil {
				return taken, err
			}
		}
		end := time.Now()
		if n >= 0 {
			taken = append(taken, end.Sub(start)/time.Duration(batch))
		}
		if ctx.Err() != nil {
			return taken, context.Cause(ctx)
		}
		if n >= 0 && end.After(deadline) {
			break
		}
	}
	return taken, nil
}

// bounds limit how long to sample; at least one sample is taken.
type bounds struct {
	time  time.Duration
	count int
}
