package peers

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// The latency of a lone job, which an idle worker has to notice, and of a lone
// call, which is a job and its result; and calls of many callers at a time.
var queueLatency = []figure{
	{"job=lone", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds,
			contestant{"ours", func(ctx context.Context) ([]float64, error) { return oursPickup(ctx, s.latencies) }},
			asynqPickup(time.Millisecond, s.latencies/10),
			asynqPickup(time.Second, s.pickups))
		return []line{
			{"lone job, to its start", "", "p50-us", m["ours"][0], "asynq", m["asynq 1ms"][0], atMost(250)},
			{"lone job, to its start", "", "p99-us", m["ours"][1], "asynq", m["asynq 1ms"][1], atMost(2_000)},
			{"lone job, to its start", "", "p50-us", m["ours"][0], "asynq-default", m["asynq 1s"][0], aim{}},
		}
	}},
	{"call=lone", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds,
			contestant{"call", func(ctx context.Context) ([]float64, error) { return loneCalls(ctx, s.latencies) }},
			contestant{"ping", func(ctx context.Context) ([]float64, error) { return pings(ctx, s.latencies) }})
		return []line{
			{"lone call", "", "p50-us", m["call"][0], "ping", m["ping"][0], timesAtMost(3)},
			{"lone call", "", "p99-us", m["call"][1], "ping", m["ping"][1], aim{}},
		}
	}},
	{"call=many", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds, contestant{"call", func(ctx context.Context) ([]float64, error) { return manyCalls(ctx, s.callers, s.calls) }})
		return []line{{what: fmt.Sprintf("calls of %d callers", s.callers), unit: "calls/s", ours: m["call"][0], aim: atLeast(100_000)}}
	}},
}

// percentiles are p50 and p99 in µs.
func percentiles(took []time.Duration) []float64 {
	slices.Sort(took)
	at := func(p int) float64 { return float64(took[len(took)*p/100].Nanoseconds()) / 1e3 }
	return []float64{at(50), at(99)}
}

// withOurs runs f with our queue and a worker.
func withOurs(ctx context.Context, concurrency int, t *tally, f func(r *ours[int]) ([]float64, error)) ([]float64, error) {
	r, err := newOurs(ctx, numbers, setup{concurrency: concurrency}, load{jobs: len(t.runs), batch: 1}, t)
	if err != nil {
		return nil, err
	}
	return running(ctx, r, t, func() ([]float64, error) { return f(r) })
}

func oursPickup(ctx context.Context, jobs int) ([]float64, error) {
	t := newTally(jobs)
	return withOurs(ctx, 10, t, func(r *ours[int]) ([]float64, error) { return pickups(ctx, time.Millisecond, r, t) })
}

func asynqPickup(check time.Duration, jobs int) contestant {
	return contestant{"asynq " + check.String(), func(ctx context.Context) ([]float64, error) {
		t := newTally(max(jobs, 1))
		r := newAsynq(options(), options(), 10, check, load{jobs: len(t.runs)}, t)
		return running(ctx, r, t, func() ([]float64, error) { return pickups(ctx, check, r, t) })
	}}
}

// pickups enqueues one job at a time and measures how long it takes to begin. In
// between it pauses, so that the worker has nothing to do and the next job comes
// as a surprise.
func pickups(ctx context.Context, pause time.Duration, r rig, t *tally) ([]float64, error) {
	t.began = make(chan time.Time, 1)
	took := make([]time.Duration, len(t.runs))
	for n := range took {
		time.Sleep(pause + rand.N(pause))
		begun := time.Now()
		if err := r.produce(ctx, n, n+1); err != nil {
			return nil, err
		}
		select {
		case began := <-t.began:
			took[n] = began.Sub(begun)
		case <-ctx.Done():
			return nil, fmt.Errorf("job %d did not begin: %w", n, ctx.Err())
		}
	}
	if err := (load{}).finish(ctx, r, t); err != nil {
		return nil, err
	}
	return percentiles(took), r.verify(ctx)
}

// ask is the task of numbers for callers: what was handed over is not kept.
var ask = queue.NewTask[int, int](numbers.task.Name())

func call(ctx context.Context, r *ours[int], n int) error {
	got, err := ask.Call(ctx, r.queue, n)
	if err == nil && got != answer(n) {
		err = fmt.Errorf("call %d returns %d, want %d", n, got, answer(n))
	}
	return err
}

func loneCalls(ctx context.Context, calls int) ([]float64, error) {
	t := newTally(calls)
	return withOurs(ctx, 10, t, func(r *ours[int]) ([]float64, error) {
		return timed(calls, func(n int) error { return call(ctx, r, n) })
	})
}

func pings(ctx context.Context, n int) ([]float64, error) {
	rdb := redis.NewClient(options())
	defer rdb.Close()
	return timed(n, func(int) error {
		pong, err := rdb.Ping(ctx).Result()
		if err == nil && pong != "PONG" {
			err = fmt.Errorf("PING answers %q", pong)
		}
		return err
	})
}

// timed does something n times, and returns the percentiles of the times. The
// first tenth makes connections, and does not count.
func timed(n int, do func(i int) error) ([]float64, error) {
	took := make([]time.Duration, n)
	for i := range took {
		begun := time.Now()
		if err := do(i); err != nil {
			return nil, err
		}
		took[i] = time.Since(begun)
	}
	return percentiles(took[n/10:]), nil
}

// manyCalls has many callers call one after another, and returns calls a second.
func manyCalls(ctx context.Context, callers, calls int) ([]float64, error) {
	t := newTally(calls)
	return withOurs(ctx, 200, t, func(r *ours[int]) ([]float64, error) {
		l := load{jobs: calls, batch: 1, producers: callers}
		begun := time.Now()
		if err := l.each(ctx, func(n, _ int) error { return call(ctx, r, n) }); err != nil {
			return nil, err
		}
		return []float64{rate(calls, time.Since(begun))}, nil
	})
}
