package probe

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// A CoresResult sets the cores that the machine promises against those that it
// delivered. On a shared or throttled machine the second is the smaller, and no
// level of concurrency can be faster than that.
type CoresResult struct {
	CPUs     int // that the process could use when it started: runtime.NumCPU
	Affinity int // in the calling thread's mask now; 0 where the system does not say
	Procs    int // that Go runs on at once: GOMAXPROCS. This is the promise

	// Delivered is how many times the work of one thread Procs threads did in
	// the same time: the median over all rounds. It is 0 if there was no round.
	Delivered float64
	Rounds    int
}

// Cores measures for d; 0 means 400 ms. In rounds of about 40 ms it takes the
// time of the same computation on one thread and on as many threads at once as
// there are cores promised: one right after the other, so that both meet the
// same neighbours. It blocks until then, or until ctx ends and the round is over.
func Cores(ctx context.Context, d time.Duration) CoresResult {
	if d <= 0 {
		d = 400 * time.Millisecond
	}
	r := CoresResult{CPUs: runtime.NumCPU(), Affinity: affinity(), Procs: runtime.GOMAXPROCS(0)}
	steps := calibrate(20 * time.Millisecond)
	var alone, together []time.Duration
	for start := time.Now(); ctx.Err() == nil && time.Since(start) < d; {
		alone = append(alone, onThreads(1, steps))
		together = append(together, onThreads(r.Procs, steps))
	}
	r.Rounds = len(alone)
	r.Delivered = delivered(r.Procs, alone, together)
	return r
}

// delivered answers the median of n * alone / together over all rounds.
func delivered(n int, alone, together []time.Duration) float64 {
	var cores []float64
	for i := range alone {
		cores = append(cores, float64(n)*float64(alone[i])/float64(together[i]))
	}
	return median(cores)
}

// calibrate answers how many steps of chain take about d on one thread. It
// trusts the fastest of three goes, since a neighbour can only slow one down.
func calibrate(d time.Duration) int {
	const steps = 1 << 20
	fastest := onThreads(1, steps)
	for range 2 {
		fastest = min(fastest, onThreads(1, steps))
	}
	return int(float64(steps) * float64(d) / float64(max(fastest, 1)))
}

// onThreads runs a chain of steps on each of n threads at once and answers how
// long it took until the last was done.
func onThreads(n, steps int) time.Duration {
	begin := make(chan struct{})
	var ready, done sync.WaitGroup
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			<-begin
			runtime.KeepAlive(chain(uint64(i), steps))
		})
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	done.Wait()
	return time.Since(start)
}

// chain computes for a number of steps. Each needs the one before, so a core
// can do no two of them at once and a second thread on the same core gains
// little.
func chain(x uint64, steps int) uint64 {
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
		x ^= x >> 29
	}
	return x
}
