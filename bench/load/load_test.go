package load_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sleep is a call that takes so long.
func sleep(d time.Duration) load.Op {
	return func(context.Context, int, int) error { time.Sleep(d); return nil }
}

// near says whether a histogram of three digits may show want as have.
func near(have, want time.Duration) bool {
	return have >= want-want/1000 && have <= want+want/1000
}

func TestPercentileWantsTenBeyond(t *testing.T) {
	for p, want := range map[float64]int64{50: 20, 90: 100, 99: 1000, 99.9: 10_000} {
		h := hdrhistogram.New(1, int64(time.Minute), 3)
		h.RecordValues(int64(time.Millisecond), want-1)
		if _, ok := load.Percentile(h, p); ok {
			t.Errorf("p%v of %d calls is ok", p, want-1)
		}
		h.RecordValue(int64(time.Millisecond))
		if v, ok := load.Percentile(h, p); !ok || !near(v, time.Millisecond) {
			t.Errorf("p%v of %d calls is %v, %v; want a millisecond", p, want, v, ok)
		}
	}
	if _, ok := load.Percentile(hdrhistogram.New(1, 9, 3), 50); ok {
		t.Error("there is a median of nothing")
	}
}

// In a closed loop all callers are always busy: the mean in flight is their
// number, and Little's law holds.
func TestClosedKeepsLittlesLaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Closed{Callers: 5, Duration: time.Second, WarmUp: 100 * time.Millisecond}.Run(t.Context(), sleep(10*time.Millisecond))
		if err != nil || load.Valid(r) != nil {
			t.Fatal(err, load.Valid(r))
		}
		if r.Calls != 500 || r.Elapsed != time.Second || r.Throughput() != 500 || r.MeanInFlight != 5 {
			t.Errorf("%d calls in %v, %v/s, %v in flight; want 500 in 1s, 500/s, 5 in flight", r.Calls, r.Elapsed, r.Throughput(), r.MeanInFlight)
		}
		if l := r.Little(); l < 0.999 || l > 1.001 {
			t.Errorf("Little's law: %v, want 1", l)
		}
		if p, ok := load.Percentile(r.Response, 50); !ok || !near(p, 10*time.Millisecond) {
			t.Errorf("p50 is %v, want 10ms", p)
		}
	})
}

// The idle time between calls is not in flight.
func TestClosedEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Closed{Callers: 2, Duration: time.Second, Every: 40 * time.Millisecond}.Run(t.Context(), sleep(10*time.Millisecond))
		if err != nil || r.Calls != 50 || r.MeanInFlight != 0.5 {
			t.Errorf("%d calls, %v in flight, %v; want 50 and 0.5", r.Calls, r.MeanInFlight, err)
		}
	})
}

// Each call has its own number, no worker makes two at once, and a Count ends
// the run.
func TestClosedCount(t *testing.T) {
	const callers, count = 4, 1000
	var seen [count]atomic.Int32
	var busy [callers]atomic.Bool
	r, err := load.Closed{Callers: callers, Count: count}.Run(t.Context(), func(_ context.Context, worker, i int) error {
		if !busy[worker].CompareAndSwap(false, true) {
			t.Errorf("worker %d makes two calls at once", worker)
		}
		defer busy[worker].Store(false)
		seen[i].Add(1)
		return nil
	})
	if err != nil || r.Calls != count || r.Response.TotalCount() != count {
		t.Errorf("%d calls, %d times, %v; want %d", r.Calls, r.Response.TotalCount(), err, count)
	}
	for i := range seen {
		if n := seen[i].Load(); n != 1 {
			t.Errorf("call %d was made %d times", i, n)
		}
	}
}

// Calls of the warm-up are slow and fail, and nothing of it is in the result.
func TestWarmUpIsNotMeasured(t *testing.T) {
	warm := func(begin time.Time) load.Op {
		return func(context.Context, int, int) error {
			if time.Since(begin) < 400*time.Millisecond {
				time.Sleep(50 * time.Millisecond)
				return errors.New("cold")
			}
			time.Sleep(time.Millisecond)
			return nil
		}
	}
	check := func(t *testing.T, r load.Result, err error, calls int) {
		t.Helper()
		if err != nil || load.Valid(r) != nil {
			t.Fatal(err, load.Valid(r))
		}
		if r.Calls != calls || r.Response.Max() > int64(2*time.Millisecond) || r.Elapsed != time.Second {
			t.Errorf("%d calls of at most %v in %v; want %d of 1ms in 1s", r.Calls, time.Duration(r.Response.Max()), r.Elapsed, calls)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Closed{WarmUp: 500 * time.Millisecond}.Run(t.Context(), warm(time.Now()))
		check(t, r, err, 1000)
		r, err = load.Open{Rate: 100, WarmUp: 500 * time.Millisecond}.Run(t.Context(), warm(time.Now()))
		check(t, r, err, 100)
	})
}

// A run that is cancelled waits for its calls, and begins no more.
func TestRunEndsWithContext(t *testing.T) {
	enough := errors.New("enough")
	for _, test := range []struct {
		name           string
		run            func(context.Context, load.Op) (load.Result, error)
		calls, dropped int
	}{
		{"closed", load.Closed{Callers: 3, Duration: time.Hour, Every: time.Minute}.Run, 6, 0},
		{"open", load.Open{Rate: 1, Duration: time.Hour}.Run, 91, 0},
		{"open, full", load.Open{Rate: 1, Duration: time.Hour, MaxInFlight: 3}.Run, 9, 82},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(90500*time.Millisecond, func() { cancel(enough) })
				begin, running := time.Now(), atomic.Int32{}
				r, err := test.run(ctx, func(ctx context.Context, _, _ int) error {
					running.Add(1)
					defer running.Add(-1)
					if ctx.Err() != nil {
						t.Error("a call began after the end")
					}
					time.Sleep(35 * time.Second)
					return nil
				})
				if !errors.Is(err, enough) || running.Load() != 0 || r.Calls != test.calls || r.Dropped != test.dropped {
					t.Errorf("%v: %d calls, %d dropped, %d still run; want %d, %d, none", err, r.Calls, r.Dropped, running.Load(), test.calls, test.dropped)
				}
				if took := time.Since(begin); took > 126*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// More than a minute counts as a minute, and is not left out.
func TestLongCallIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := load.Closed{Count: 1}.Run(t.Context(), sleep(time.Hour))
		if err != nil || r.Response.TotalCount() != 1 || !near(time.Duration(r.Response.Max()), time.Minute) {
			t.Errorf("%d times of %v, %v; want a minute", r.Response.TotalCount(), time.Duration(r.Response.Max()), err)
		}
	})
}

// A worker whose call ends the run does not go on to one that waits.
func TestWorkerStopsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := load.Open{Rate: 100, MaxInFlight: 1}.Run(ctx, func(context.Context, int, int) error {
			time.Sleep(105 * time.Millisecond)
			cancel()
			return nil
		})
		if !errors.Is(err, context.Canceled) || r.Calls != 1 || r.Dropped != 10 {
			t.Errorf("%v: %d calls, %d dropped; want 1 and 10", err, r.Calls, r.Dropped)
		}
	})
}

// To leave out what is longer than a histogram can tell would be to omit the worst.
func TestRecordKeepsTheLongest(t *testing.T) {
	h := load.NewHistogram()
	load.Record(h, time.Hour)
	if n, longest := h.TotalCount(), time.Duration(h.Max()).Round(time.Second); n != 1 || longest != time.Minute {
		t.Errorf("have %d times of up to %v, want 1 of a minute", n, longest)
	}
}
