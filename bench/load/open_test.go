package load_test

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/bench/load"
)

// starts are when the calls of a run began, in their order.
func starts(t *testing.T, o load.Open) (times []time.Duration) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		o.MaxInFlight = 1 // a call takes no time, so a worker is free, and there is no race
		r, err := o.Run(t.Context(), func(context.Context, int, int) error {
			times = append(times, time.Since(begin))
			return nil
		})
		if err != nil || r.Calls != len(times) || r.Dropped != 0 || r.Lateness.Max() != 0 {
			t.Errorf("%d calls, %d began, %d dropped, late by %d ns: %v", r.Calls, len(times), r.Dropped, r.Lateness.Max(), err)
		}
	})
	return times
}

func TestConstantArrivals(t *testing.T) {
	times := starts(t, load.Open{Rate: 300, Duration: 10 * time.Second})
	if len(times) != 3000 {
		t.Fatalf("%d calls, want 3000", len(times))
	}
	for i, at := range times {
		if want := time.Duration(i) * time.Second / 300; at < want-1 || at > want+1 {
			t.Fatalf("call %d began at %v, want %v", i, at, want)
		}
	}
}

// Gaps of Poisson arrivals are exponential: as many calls as the rate says, and
// a standard deviation that is the mean.
func TestPoissonArrivals(t *testing.T) {
	const rate, seconds = 200, 100
	o := load.Open{Rate: rate, Duration: seconds * time.Second, Arrivals: load.Poisson, Seed: 7}
	times := starts(t, o)
	const n = rate * seconds
	if off := math.Abs(float64(len(times) - n)); off > 4*math.Sqrt(n) {
		t.Errorf("%d calls, want %d give or take four standard deviations", len(times), n)
	}
	var sum, squares float64
	for i := range times[1:] {
		gap := (times[i+1] - times[i]).Seconds()
		sum, squares = sum+gap, squares+gap*gap
	}
	mean := sum / float64(len(times)-1)
	deviation := math.Sqrt(squares/float64(len(times)-1) - mean*mean)
	if r := deviation / mean; r < 0.95 || r > 1.05 {
		t.Errorf("the gaps deviate by %.3f of their mean, want 1", r)
	}
	if !slices.Equal(times, starts(t, o)) {
		t.Error("the same seed gives other times")
	}
	o.Seed++
	if slices.Equal(times, starts(t, o)) {
		t.Error("another seed gives the same times")
	}
}

// The times of an unloaded server: nothing waits, and nothing is late.
func TestOpenKeepsLittlesLaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Open{Rate: 100, Duration: 10 * time.Second}.Run(t.Context(), sleep(25*time.Millisecond))
		if err != nil || load.Valid(r) != nil {
			t.Fatal(err, load.Valid(r))
		}
		if r.Calls != 1000 || math.Abs(r.MeanInFlight-2.5) > 0.01 || math.Abs(r.Little()-1) > 0.001 {
			t.Errorf("%d calls, %v in flight, Little %v; want 1000, 2.5 and 1", r.Calls, r.MeanInFlight, r.Little())
		}
		if !r.Response.Equals(r.Service) || r.Lateness.TotalCount() != 1000 || r.Lateness.Max() != 0 {
			t.Error("a call waited, or was late")
		}
	})
}

// A server that is asked for twice what one worker gets: the calls that wait
// count their wait as response time and not as lateness, and those that wait in
// the end are dropped.
func TestOpenWaitsForWorkerThenDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Open{Rate: 100, Duration: time.Second, MaxInFlight: 1}.Run(t.Context(), sleep(21*time.Millisecond))
		if err != nil || r.Calls != 48 || r.Dropped != 52 || r.Elapsed != 1008*time.Millisecond {
			t.Fatalf("%d calls, %d dropped in %v: %v; want 48, 52 in 1.008s", r.Calls, r.Dropped, r.Elapsed, err)
		}
		// Those made were in flight for 13,416 ms together, those dropped for 13,780.
		if want := 27196.0 / 1008; math.Abs(r.MeanInFlight-want) > 1e-9 {
			t.Errorf("%v in flight, want %v", r.MeanInFlight, want)
		}
		// Call i is due at 10i, begins at 21i and ends at 21i+21 ms.
		if worst := time.Duration(r.Response.Max()); !near(worst, 538*time.Millisecond) {
			t.Errorf("the longest response is %v, want 538ms", worst)
		}
		if worst := time.Duration(r.Service.Max()); !near(worst, 21*time.Millisecond) {
			t.Errorf("the longest service is %v, want 21ms", worst)
		}
		if r.Lateness.TotalCount() != 1 || r.Lateness.Max() != 0 {
			t.Errorf("%d calls had a worker, late by %d ns; want the first only", r.Lateness.TotalCount(), r.Lateness.Max())
		}
	})
}

// In real time: each call is made once, with its own number, by no more workers
// than allowed, and the histograms hold as many times as there were calls.
func TestOpenMakesEachCallOnce(t *testing.T) {
	for name, o := range map[string]load.Open{"timers": {}, "spin": {Spin: time.Millisecond}, "punctual": {Punctual: true}} {
		t.Run(name, func(t *testing.T) {
			const calls, workers = 500, 8
			var seen [calls]atomic.Int32
			var busy [workers]atomic.Bool
			o.Rate, o.Duration, o.MaxInFlight = 5000, calls*time.Second/5000, workers
			r, err := o.Run(t.Context(), func(_ context.Context, worker, i int) error {
				if !busy[worker].CompareAndSwap(false, true) {
					t.Errorf("worker %d makes two calls at once", worker)
				}
				defer busy[worker].Store(false)
				seen[i].Add(1)
				return nil
			})
			if err != nil || r.Calls+r.Dropped != calls || r.Errors != 0 {
				t.Fatalf("%d calls, %d dropped, %d errors: %v", r.Calls, r.Dropped, r.Errors, err)
			}
			made := 0
			for i := range seen {
				n := int(seen[i].Load())
				if made += n; n > 1 {
					t.Errorf("call %d was made %d times", i, n)
				}
			}
			if n := int(r.Response.TotalCount()); made != r.Calls || n != r.Calls || int(r.Service.TotalCount()) != n {
				t.Errorf("%d calls were made, %d counted, %d timed", made, r.Calls, n)
			}
			if r.Response.Mean() < r.Service.Mean() {
				t.Error("calls take less from the intended start than from the actual one")
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, o := range map[string]load.Open{
		"no rate":          {},
		"a negative rate":  {Rate: -1},
		"not a number":     {Rate: math.NaN()},
		"too high a rate":  {Rate: math.Inf(1)},
		"unknown arrivals": {Rate: 1, Arrivals: "sometimes"},
	} {
		if _, err := o.Run(t.Context(), sleep(0)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
