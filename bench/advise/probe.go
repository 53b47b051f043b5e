package advise

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/bench/noise"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// probe is the share of the processors that is to be had now: as many goroutines as there
// are processors compute for a moment, and what they got done is set against what they
// would have alone. It knows of no level.
func (r *rig) probe(ctx context.Context) float64 {
	const pieces, rounds = 10, 3_000_000 // 50 ms on an idle machine
	task := workload.Mix(workload.Mixture{Rounds: rounds}).Task(0, 0)
	processors := runtime.GOMAXPROCS(0)
	var claimed atomic.Int64 // shared out as the levels do it, so that nobody waits for the slower half
	var all sync.WaitGroup
	begun := time.Now()
	for range processors {
		all.Go(func() {
			for claimed.Add(1) <= int64(pieces*processors) {
				r.config.Funcs.Do(ctx, task)
			}
		})
	}
	all.Wait()
	return min(1, pieces*rounds*r.round/time.Since(begun).Seconds())
}

// left is the share of the processors that others left, as far as the system tells.
func left(r noise.Record) float64 {
	share := 1.0
	for _, taken := range []float64{r.Others, r.Steal} {
		if r.Known && taken > 0 {
			share -= taken / 100
		}
	}
	return max(share, 0.2)
}
