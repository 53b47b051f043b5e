package pitfall

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// enough is how many times the work of one thread two must do for a [Par] pitfall to be
// provable.
const enough = 1.6

// Parallel measures how many times the work of one thread two of them do now: 2 on a
// quiet machine with two cores, 1 where there is one, or where a neighbour has the other.
// It takes about a tenth of a second.
func Parallel() float64 {
	var ratios []float64
	for range 5 {
		alone := compute(1)
		both := compute(2)
		ratios = append(ratios, 2*float64(alone)/float64(both))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// compute is the time that so many threads take to compute the same amount each.
func compute(threads int) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() { Spin(4_000_000) })
	}
	wg.Wait()
	return time.Since(start)
}

// Spin computes so many rounds of a dependent chain, each about a nanosecond or two, and
// returns its end. It keeps the end, too: the compiler leaves out what nobody uses.
func Spin(rounds int) uint64 {
	x := uint64(rounds) | 1
	for range rounds {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	spun.Store(x)
	return x
}

var spun atomic.Uint64
