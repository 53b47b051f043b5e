package peers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// What a job costs on the wire, producer and worker together: round trips,
// commands, and bytes both ways. Under load, jobs and verdicts travel together;
// a batch that comes alone, to a worker that waits for it, is the other extreme.
// These are counts, not times: one round is enough.
var queueCost = []figure{
	queueIdle,
	{"load=busy", func(tb testing.TB, s scale) []line {
		var contestants []contestant
		for _, batch := range batches {
			l := load{jobs: s.ours / 5, batch: batch, producers: 2}
			if batch == 1 {
				l.producers = 8
			}
			contestants = append(contestants, oursCost(l))
		}
		m := contest(tb, 1, append(contestants, asynqCost(load{jobs: s.theirs, batch: 1, producers: 8}))...)
		return costLines("busy", m, m["asynq"])
	}},
	{"load=lone", func(tb testing.TB, s scale) []line {
		var contestants []contestant
		for _, batch := range batches {
			contestants = append(contestants, contestant{fmt.Sprintf("ours %d", batch), func(ctx context.Context) ([]float64, error) {
				return loneCost(ctx, batch, s.lone)
			}})
		}
		return costLines("lone", contest(tb, 1, contestants...), nil)
	}},
	{"load=none", func(tb testing.TB, s scale) []line {
		m := contest(tb, 1, contestant{"idle", func(ctx context.Context) ([]float64, error) { return idleCost(ctx, s.idle) }})["idle"]
		return []line{
			{what: "idle worker", tag: "worker-", unit: "commands/s", ours: m[0], peer: "asynq-default", theirs: m[2]},
			{what: "idle program that calls", tag: "caller-", unit: "commands/s", ours: m[1]},
		}
	}},
}

var batches = []int{1, 10, 100}

// costLines shows costs of a job by batch. asynq has only one.
func costLines(what string, m map[string][]series, peer []series) []line {
	var lines []line
	for i, unit := range []string{"trips/job", "commands/job", "bytes/job"} {
		for _, batch := range batches {
			l := line{what: fmt.Sprintf("%s, batch %d", what, batch), tag: fmt.Sprintf("batch-%d-", batch), unit: unit, ours: m[fmt.Sprintf("ours %d", batch)][i]}
			if unit == "trips/job" {
				l.aim = atMost(3 / float64(batch))
			}
			if peer != nil {
				l.peer, l.theirs = "asynq", peer[i]
			}
			lines = append(lines, l)
		}
	}
	return lines
}

func (t toll) values() []float64 { return []float64{t.trips, t.commands, t.bytes} }

func oursCost(l load) contestant {
	return contestant{fmt.Sprintf("ours %d", l.batch), func(ctx context.Context) ([]float64, error) {
		near, far, t := &wire{}, &wire{}, newTally(l.jobs)
		r, err := newOurs(ctx, numbers, setup{concurrency: 400, producer: near.options(), worker: far.options()}, l, t)
		if err != nil {
			return nil, err
		}
		return cost(ctx, l, t, r, near, far)
	}}
}

func asynqCost(l load) contestant {
	return contestant{"asynq", func(ctx context.Context) ([]float64, error) {
		near, far, t := &wire{}, &wire{}, newTally(l.jobs)
		return cost(ctx, l, t, newAsynq(near.options(), far.options(), 10, time.Second, l, t), near, far)
	}}
}

// cost is what a job costs under load, with the connections that are made.
func cost(ctx context.Context, l load, t *tally, r rig, near, far *wire) ([]float64, error) {
	return whole(ctx, l, t, r, func(time.Duration) []float64 {
		return near.read().plus(far.read()).since(toll{}, float64(l.jobs)).values()
	})
}

// loneCost is what a job of a batch costs that comes when the one before has
// ended. The first one, which makes connections, does not count.
func loneCost(ctx context.Context, batch, times int) ([]float64, error) {
	near, far := &wire{}, &wire{}
	l := load{jobs: batch * (times + 1), batch: batch}
	t := newTally(l.jobs)
	r, err := newOurs(ctx, numbers, setup{concurrency: 400, producer: near.options(), worker: far.options()}, l, t)
	if err != nil {
		return nil, err
	}
	return running(ctx, r, t, func() ([]float64, error) {
		var before toll
		for to := batch; to <= l.jobs; to += batch {
			if err := r.produce(ctx, to-batch, to); err != nil {
				return nil, err
			}
			if err := until(ctx, "the batch to run", func() (bool, error) { return t.left.Load() == int64(l.jobs-to), nil }); err != nil {
				return nil, err
			}
			if err := quiet(ctx, near, far); err != nil {
				return nil, err
			}
			if to == batch {
				before = near.read().plus(far.read())
			}
		}
		cost := near.read().plus(far.read()).since(before, float64(batch*times))
		return cost.values(), r.verify(ctx)
	})
}

// quiet waits until nothing has been exchanged for ten milliseconds: the
// worker waits in Redis.
func quiet(ctx context.Context, wires ...*wire) error {
	last, since := int64(-1), time.Now()
	return until(ctx, "silence", func() (bool, error) {
		sum := int64(0)
		for _, w := range wires {
			sum += w.bytes.Load()
		}
		if sum != last {
			last, since = sum, time.Now()
		}
		return time.Since(since) > 10*time.Millisecond, nil
	})
}

// idleCost is how many commands a second come from a worker that has nothing to
// do, from a program that made a call and waits for nothing, and from asynq's server.
func idleCost(ctx context.Context, d time.Duration) ([]float64, error) {
	near, far, theirs := &wire{}, &wire{}, &wire{}
	t := newTally(1)
	r, err := newOurs(ctx, numbers, setup{concurrency: 10, producer: near.options(), worker: far.options()}, load{jobs: 1, batch: 1}, t)
	if err != nil {
		return nil, err
	}
	return running(ctx, r, t, func() (values []float64, err error) {
		peer := newAsynq(options(), theirs.options(), 10, time.Second, load{}, newTally(0))
		defer func() { err = errors.Join(err, peer.close()) }()
		if err := peer.start(ctx); err != nil {
			return nil, err
		}
		defer peer.server.Shutdown()
		if err := errors.Join(call(ctx, r, 0), quiet(ctx, near, far, theirs)); err != nil {
			return nil, err
		}
		return watch(d, far, near, theirs), nil
	})
}

// watch returns the commands a second on each wire.
func watch(d time.Duration, wires ...*wire) []float64 {
	before := make([]toll, len(wires))
	for i, w := range wires {
		before[i] = w.read()
	}
	time.Sleep(d)
	values := make([]float64, len(wires))
	for i, w := range wires {
		values[i] = w.read().since(before[i], d.Seconds()).commands
	}
	return values
}
