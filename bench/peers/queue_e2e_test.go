package peers

import (
	"context"
	"fmt"
	"testing"
)

// From end to end: programs leave jobs while workers do them, and the results
// are kept. In batches ours runs 400 jobs at once, for a batch is what a worker has
// places for; the peer is asynq at the best of three concurrencies.
var queueEndToEnd = []figure{
	{"jobs=plain/batch=100", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds,
			oursEndToEnd("ours", setup{concurrency: 400}, load{jobs: s.ours, batch: 100, producers: 2}),
			asynqEndToEnd(400, load{jobs: s.theirs, batch: 1, producers: 8}),
			asynqEndToEnd(100, load{jobs: s.theirs, batch: 1, producers: 8}),
			asynqEndToEnd(10, load{jobs: s.theirs, batch: 1, producers: 8}))
		return []line{againstAsynq("end to end, plain", m, timesAtLeast(20))}
	}},
	{"jobs=ids/batch=100", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds,
			oursEndToEnd("ours", setup{concurrency: 400}, load{jobs: s.ours / 2, batch: 100, producers: 2, ids: true}),
			asynqEndToEnd(400, load{jobs: s.theirs, batch: 1, producers: 8, ids: true}),
			asynqEndToEnd(100, load{jobs: s.theirs, batch: 1, producers: 8, ids: true}),
			asynqEndToEnd(10, load{jobs: s.theirs, batch: 1, producers: 8, ids: true}))
		return []line{againstAsynq("end to end, id, status, abort", m, timesAtLeast(5))}
	}},
	{"jobs=plain/batch=1", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds,
			oursEndToEnd("ours", setup{concurrency: 10}, load{jobs: s.ours / 5, batch: 1, producers: 8}),
			asynqEndToEnd(10, load{jobs: s.theirs, batch: 1, producers: 8}))
		return []line{{"end to end, one by one, concurrency 10", "", "jobs/s", m["ours"][0], "asynq", m["asynq c=10"][0], timesAtLeast(1.1)}}
	}},
}

func againstAsynq(what string, m map[string][]series, a aim) line {
	return line{what, "", "jobs/s", m["ours"][0], "asynq", best(m["asynq c=400"][0], m["asynq c=100"][0], m["asynq c=10"][0]), a}
}

func oursEndToEnd(name string, s setup, l load) contestant {
	return contestant{name, func(ctx context.Context) ([]float64, error) {
		t := newTally(l.jobs)
		r, err := newOurs(ctx, numbers, s, l, t)
		if err != nil {
			return nil, err
		}
		return endToEnd(ctx, l, t, r)
	}}
}

func asynqEndToEnd(concurrency int, l load) contestant {
	return contestant{fmt.Sprintf("asynq c=%d", concurrency), func(ctx context.Context) ([]float64, error) {
		t := newTally(l.jobs)
		return endToEnd(ctx, l, t, fastAsynq(concurrency, l, t))
	}}
}
