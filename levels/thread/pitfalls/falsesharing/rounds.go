package falsesharing

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	threads = 2
	adds    = 100_000 // of one thread in one round: some tens of microseconds
	rounds  = 10      // before a look at how many are good for something
	enough  = 12      // that are
	few     = 3       // with less the machine has not two cores for this, as the probe will say
	soon    = 200 * time.Millisecond
	late    = 400 * time.Millisecond // of looking for few
)

// A span is when one thread counted in one round.
type span struct{ start, end time.Time }

func (s span) took() time.Duration { return s.end.Sub(s.start) }

// count lets each counter's thread add to it, in rounds that all begin at the same time,
// and returns how many rounds there were and their median time. Only those count in which
// all were at it together from begin to end: only then have cores something to share.
func count(ctx context.Context, counters []*int64) (done int, median time.Duration, err error) {
	var all, together []time.Duration
	for start := time.Now(); more(len(together), time.Since(start)) && ctx.Err() == nil; {
		spans := play(counters)
		for r := range rounds {
			took, overlap := overlap(spans, r)
			all = append(all, took)
			if overlap > took*9/10 {
				together = append(together, took)
			}
		}
	}
	if len(together) < few {
		together = all
	}
	if len(all) == 0 {
		return 0, 0, context.Cause(ctx)
	}
	slices.Sort(together)
	return len(all), together[len(together)/2], context.Cause(ctx)
}

func more(found int, passed time.Duration) bool {
	return found < enough && passed < soon || found < few && passed < late
}

// play plays some rounds, and returns the spans of each thread.
func play(counters []*int64) [][]span {
	spans := make([][]span, len(counters))
	var arrived atomic.Int64
	var wg sync.WaitGroup
	for i, n := range counters {
		wg.Go(func() {
			for r := range rounds {
				meet(&arrived, (r+1)*len(counters))
				start := time.Now()
				add(n)
				spans[i] = append(spans[i], span{start, time.Now()})
			}
		})
	}
	wg.Wait()
	return spans
}

func add(n *int64) {
	for range adds {
		*n++
	}
}

// meet spins until so many have come, and lets others run if they do not come soon.
func meet(arrived *atomic.Int64, everyone int) {
	arrived.Add(1)
	for spins := 1; arrived.Load() < int64(everyone); spins++ {
		if spins%1000 == 0 {
			runtime.Gosched()
		}
	}
}

// overlap is how long the slowest thread took in a round, and for how long all were at it.
func overlap(spans [][]span, round int) (slowest, together time.Duration) {
	both := spans[0][round]
	for _, s := range spans {
		slowest = max(slowest, s[round].took())
		if s[round].start.After(both.start) {
			both.start = s[round].start
		}
		if s[round].end.Before(both.end) {
			both.end = s[round].end
		}
	}
	return slowest, both.took()
}
