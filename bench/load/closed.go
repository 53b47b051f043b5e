package load

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Closed is a closed loop: each caller makes its next call when its last one is
// done.
type Closed struct {
	Callers  int           // at once; 0 means 1
	Duration time.Duration // after the warm-up; 0 means a second, or no limit if there is a Count
	Count    int           // of measured calls at most; 0 means no limit
	WarmUp   time.Duration // calls begun in it are not measured

	// Every is the least time from one start of a caller to its next; 0 means
	// none. A call that takes longer postpones all that follow, and nobody
	// counts the calls that were not made meanwhile: this is how a load test
	// with a fixed pace comes to omit what it should measure.
	Every time.Duration
}

// Run makes the calls and waits for all of them. When ctx ends it begins no
// further call, and returns the cause beside what it has.
func (c Closed) Run(ctx context.Context, op Op) (Result, error) {
	callers := max(c.Callers, 1)
	if c.Count == 0 {
		c.Duration = cmp.Or(c.Duration, time.Second)
	}
	begin := time.Now()
	l := &loop{Closed: c, op: op, meter: meter{from: begin.Add(c.WarmUp)}}
	if c.Duration > 0 {
		l.until = l.meter.from.Add(c.Duration)
	}
	times := make([]*hdrhistogram.Histogram, callers)
	var wg sync.WaitGroup
	for worker := range callers {
		times[worker] = NewHistogram()
		wg.Go(func() { l.call(ctx, worker, times[worker]) })
	}
	wg.Wait()
	for _, h := range times[1:] {
		times[0].Merge(h) // a mean of percentiles would be the percentile of nothing
	}
	l.result.Response, l.result.Service, l.result.Lateness = times[0], times[0], NewHistogram()
	l.meter.close(time.Now(), &l.result)
	return l.result, context.Cause(ctx)
}

// A loop is a closed loop under way. Its lock is what the callers share. With
// the clock and the histogram it costs about 150 ns a call, of which 60 are in
// the time of the call; callers of an empty call mostly wait for each other.
type loop struct {
	Closed
	op    Op
	until time.Time // zero for no end

	mu     sync.Mutex
	meter  meter
	next   int // call
	result Result
}

// call makes the calls of one caller.
func (l *loop) call(ctx context.Context, worker int, times *hdrhistogram.Histogram) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		start, i, measured, ok := l.enter()
		if !ok {
			return
		}
		err := l.op(ctx, worker, i)
		end := time.Now()
		l.leave(end, measured, err)
		if measured && err == nil {
			Record(times, end.Sub(start))
		}
		wait(ctx, timer, start.Add(l.Every))
	}
}

// enter begins the next call, unless there is none.
func (l *loop) enter() (start time.Time, i int, measured, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start = time.Now()
	measured = !start.Before(l.meter.from)
	if !l.until.IsZero() && !start.Before(l.until) || measured && l.Count > 0 && l.result.Calls == l.Count {
		return start, 0, false, false
	}
	l.meter.step(start, 1)
	i = l.next
	l.next++
	if measured {
		l.result.Calls++
	}
	return start, i, measured, true
}

func (l *loop) leave(end time.Time, measured bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.meter.step(end, -1)
	if measured && err != nil {
		l.result.Errors++
	}
}

// wait blocks until then, or until ctx ends. It does not block if then is past.
func wait(ctx context.Context, timer *time.Timer, then time.Time) {
	if d := time.Until(then); d > 0 {
		timer.Reset(d)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
}
