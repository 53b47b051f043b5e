package load

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"
)

// Arrivals says how the calls of an open loop are spread over time.
type Arrivals string

const (
	Constant Arrivals = "constant" // at equal distances: the mildest load of its rate
	Poisson  Arrivals = "poisson"  // as of many users who do not know each other: in clumps
)

// Open is an open loop: each call begins at its intended time, whatever became
// of those before.
//
// When MaxInFlight calls are in flight the next ones wait for a worker, and the
// wait is part of their response times. The calls that still wait when the
// Duration is over are dropped, and counted: their times would have been long
// ones, so a result with any is not [Valid]. Without that end, a server that is
// asked for twice what it can do would be asked for twice the Duration.
type Open struct {
	Rate        float64       // calls a second; there is no default
	Duration    time.Duration // after the warm-up; 0 means a second
	WarmUp      time.Duration // calls due in it are not measured
	MaxInFlight int           // and the number of workers; 0 means 256
	Arrivals    Arrivals      // empty means Constant
	Seed        uint64        // of Poisson arrivals: the same seed, the same times

	// Spin is for how long before a call is due the generator asks for the time
	// again and again instead of sleeping; 0 means never, which is right where
	// the generator and what it measures share processors: spinning takes from
	// the measured what it gives to the measure. Sleeping has its price too: on
	// Linux, a timer that ends the sleep of an idle Go program is up to a
	// millisecond late. The calls that became due meanwhile begin at once, each
	// timed from its own intended start, and Result.Lateness says what it came
	// to. On two virtual processors, for calls of 2 ms (Go 1.26, linux/amd64):
	//
	//	Rate   Spin    lateness p50  p99      processors used
	//	1000   0       0.57 ms       1.14 ms  0.05
	//	1000   1.1 ms  0.004 ms      0.01 ms  1.03
	//	 100   0       0.65 ms       1.13 ms  0.03
	//	 100   1.1 ms  0.01 ms       0.02 ms  0.07
	//
	// So with neither this nor Punctual, only calls of some 10 ms or more are [Valid].
	Spin time.Duration

	// Punctual makes the generator sleep in a system call, on a thread of its own, where
	// that is known to end earlier than a timer of Go: on Linux, by most of the
	// millisecond. It costs a thread, and does not work in virtual time.
	Punctual bool
}

// Run makes the calls and waits for all of them. When ctx ends it begins no
// further call, and returns the cause beside what it has.
func (o Open) Run(ctx context.Context, op Op) (Result, error) {
	arrivals, err := o.arrivals()
	if err != nil {
		return Result{}, err
	}
	begin := time.Now()
	p := newPool(cmp.Or(o.MaxInFlight, 256), begin.Add(o.WarmUp))
	var wg sync.WaitGroup
	for worker := range p.workers {
		wg.Go(func() { p.work(ctx, worker, op) })
	}
	o.release(ctx, p, begin, arrivals)
	p.close()
	wg.Wait()
	return p.finish(), context.Cause(ctx)
}

// release hands each call to the workers when it is due, and returns at the end.
func (o Open) release(ctx context.Context, p *pool, begin time.Time, arrivals iter.Seq[time.Duration]) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	early := o.Spin
	if o.Punctual {
		defer punctual()()
		early = max(early, nap)
	}
	pause := func(until time.Time) {
		wait(ctx, timer, until.Add(-early))
		for d := time.Until(until) - o.Spin; o.Punctual && d > 0 && ctx.Err() == nil; d = time.Until(until) - o.Spin {
			doze(d)
		}
		for o.Spin > 0 && time.Now().Before(until) && ctx.Err() == nil {
			runtime.Gosched()
		}
	}
	end, i := o.WarmUp+cmp.Or(o.Duration, time.Second), 0
	for at := range arrivals {
		if at >= end {
			break
		}
		due := begin.Add(at)
		if pause(due); ctx.Err() != nil {
			return
		}
		p.release(call{i: i, due: due, measured: at >= o.WarmUp})
		i++
	}
	wait(ctx, timer, begin.Add(end)) // those that wait for a worker may still get one
}

// arrivals returns the intended times of the calls, from the begin of the run
// and without an end.
func (o Open) arrivals() (iter.Seq[time.Duration], error) {
	switch {
	case !(o.Rate > 0 && o.Rate <= 1e9):
		return nil, fmt.Errorf("a rate of %v calls a second: want more than 0, and at most a call each nanosecond", o.Rate)
	case o.Arrivals == Constant || o.Arrivals == "":
		return constant(o.Rate), nil
	case o.Arrivals == Poisson:
		return poisson(o.Rate, o.Seed), nil
	}
	return nil, fmt.Errorf("arrivals %q: want %s or %s", o.Arrivals, Constant, Poisson)
}

// constant computes each time afresh: a sum of gaps would drift.
func constant(rate float64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for i := 0; yield(time.Duration(float64(i) / rate * float64(time.Second))); i++ {
		}
	}
}

func poisson(rate float64, seed uint64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		random := rand.New(rand.NewPCG(seed, 0))
		seconds := 0.0
		for yield(time.Duration(seconds * float64(time.Second))) {
			seconds += random.ExpFloat64() / rate
		}
	}
}
