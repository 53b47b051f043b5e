package falsesharing

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// fineClock says if the clock is too coarse for rounds: on some systems it ticks in
// milliseconds.
func fineClock() string {
	tick := time.Hour
	for range 10 {
		for start := time.Now(); ; {
			if passed := time.Since(start); passed > 0 {
				tick = min(tick, passed)
				break
			}
		}
	}
	if tick > 5*time.Microsecond {
		return fmt.Sprintf("it takes a clock of microseconds, and this one ticks every %v", tick)
	}
	return ""
}

// far is how many times a step at home a line's way to the other core takes at least. On
// an AMD EPYC a step was 2.2 ns, the way 160 ns from core to core, and 26 ns between two
// hardware threads of one core.
const far = 20

// ownCaches says if the two processors are hardware threads of one core: they share its
// cache, and nothing goes to and fro. A virtual machine may have such a pair now and two
// cores a second later, and calls both "two cores": so it is measured.
func ownCaches() string {
	home, away := step(1), step(2)
	if away < far*home {
		return fmt.Sprintf("a cache line goes from one thread to the other in %.0f ns, %.0f times a step at home, and it takes %d: the two share a core, and its cache", away, away/home, far)
	}
	return ""
}

// step is the time in ns of one step of a ball that so many threads hand round.
func step(players int) float64 {
	const games, steps = 20, 2000
	var all []time.Duration
	for range games {
		var ball atomic.Int64
		var wg sync.WaitGroup
		start := time.Now()
		for p := range players {
			wg.Go(func() {
				for n := p; n < steps; n += players {
					catch(&ball, int64(n))
					ball.Store(int64(n + 1))
				}
			})
		}
		wg.Wait()
		all = append(all, time.Since(start))
	}
	slices.Sort(all)
	return float64(all[games/4]) / steps // the slow ones tell of other things
}

// catch spins until the ball is at n, and lets others run if that takes long.
func catch(ball *atomic.Int64, n int64) {
	for spins := 1; ball.Load() != n; spins++ {
		if spins%1000 == 0 {
			runtime.Gosched()
		}
	}
}
