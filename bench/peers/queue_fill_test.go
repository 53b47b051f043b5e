package peers

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// Enqueueing alone, and draining what was enqueued alone, with results kept. The peers
// of enqueueing are asynq, and go-redis that pushes the very bytes that our queue
// keeps of the same jobs on a list: less than that, no queue on Redis can do.
var queueFill = []figure{
	{"jobs=plain/batch=100", func(tb testing.TB, s scale) []line {
		entries := capture(tb, load{jobs: s.ours, batch: 100, producers: 2})
		m := contest(tb, s.rounds,
			oursFill(load{jobs: s.ours, batch: 100, producers: 2}),
			asynqFill(load{jobs: s.theirs, batch: 1, producers: 8}),
			push("rpush of 100", entries, variadic),
			push("100 rpush", entries, pipelined))
		return []line{
			{"enqueue, plain", "", "enqueued/s", m["ours"][0], "asynq", m["asynq"][0], timesAtLeast(8)},
			{"enqueue, plain", "", "enqueued/s", m["ours"][0], "rpush-of-100", m["rpush of 100"][0], timesAtLeast(0.5)},
			{"enqueue, plain", "", "enqueued/s", m["ours"][0], "100-rpush", m["100 rpush"][0], aim{}},
			{"drain, plain", "", "drained/s", m["ours"][1], "asynq", m["asynq"][1], aim{}},
		}
	}},
	{"jobs=ids/batch=100", func(tb testing.TB, s scale) []line {
		m := contest(tb, s.rounds,
			oursFill(load{jobs: s.ours / 2, batch: 100, producers: 2, ids: true}),
			asynqFill(load{jobs: s.theirs, batch: 1, producers: 8, ids: true}))
		return []line{
			{"enqueue, unique ids", "", "enqueued/s", m["ours"][0], "asynq", m["asynq"][0], atLeast(200_000)},
			{"drain, unique ids", "", "drained/s", m["ours"][1], "asynq", m["asynq"][1], aim{}},
		}
	}},
}

func oursFill(l load) contestant {
	return contestant{"ours", func(ctx context.Context) ([]float64, error) {
		t := newTally(l.jobs)
		r, err := newOurs(ctx, numbers, setup{concurrency: 100}, l, t)
		if err != nil {
			return nil, err
		}
		return fillAndDrain(ctx, l, t, r)
	}}
}

func asynqFill(l load) contestant {
	return contestant{"asynq", func(ctx context.Context) ([]float64, error) {
		t := newTally(l.jobs)
		return fillAndDrain(ctx, l, t, fastAsynq(100, l, t))
	}}
}

// capture returns what our queue keeps of jobs that wait, entry by entry, in
// batches as they were enqueued.
func capture(tb testing.TB, l load) [][]any {
	tb.Helper()
	var batches [][]any
	_, err := take(contestant{"ours", func(ctx context.Context) ([]float64, error) {
		r, err := newOurs(ctx, numbers, setup{}, l, newTally(l.jobs))
		if err != nil {
			return nil, err
		}
		if err = l.produce(ctx, r); err == nil {
			batches, err = entries(ctx, l)
		}
		return nil, errors.Join(err, r.close())
	}})
	if err != nil {
		tb.Fatalf("capture what lies in Redis: %v", err)
	}
	return batches
}

// entries reads the one list that there must be, and must have all jobs.
func entries(ctx context.Context, l load) (batches [][]any, err error) {
	rdb := redis.NewClient(options())
	defer rdb.Close()
	lists, _, err := rdb.ScanType(ctx, 0, "*", 10_000, "list").Result()
	if err != nil {
		return nil, err
	}
	if len(lists) != 1 {
		return nil, fmt.Errorf("%d lists, want one with all plain jobs: %v", len(lists), lists)
	}
	for from := 0; from < l.jobs; from += l.batch {
		texts, err := rdb.LRange(ctx, lists[0], int64(from), int64(from+l.batch-1)).Result()
		if err != nil {
			return nil, err
		}
		batch := make([]any, len(texts))
		for i, text := range texts {
			batch[i] = text
		}
		batches = append(batches, batch)
	}
	n, err := rdb.LLen(ctx, lists[0]).Result()
	if err == nil && n != int64(l.jobs) {
		err = fmt.Errorf("the list has %d of %d jobs", n, l.jobs)
	}
	return batches, err
}

const bare = "bare" // the list that is pushed on

func variadic(ctx context.Context, rdb *redis.Client, batch []any) error {
	return rdb.RPush(ctx, bare, batch...).Err()
}

func pipelined(ctx context.Context, rdb *redis.Client, batch []any) error {
	_, err := rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, entry := range batch {
			p.RPush(ctx, bare, entry)
		}
		return nil
	})
	return err
}

// push pushes batches from two goroutines, and checks that the list has them all.
func push(name string, batches [][]any, do func(context.Context, *redis.Client, []any) error) contestant {
	return contestant{name, func(ctx context.Context) ([]float64, error) {
		rdb := redis.NewClient(options())
		defer rdb.Close()
		if err := rdb.Ping(ctx).Err(); err != nil { // our queue has greeted the server too, before time runs
			return nil, err
		}
		jobs := int64(0)
		for _, b := range batches {
			jobs += int64(len(b))
		}
		l := load{jobs: len(batches), batch: 1, producers: 2}
		begun := time.Now()
		if err := l.each(ctx, func(i, _ int) error { return do(ctx, rdb, batches[i]) }); err != nil {
			return nil, err
		}
		took := time.Since(begun)
		n, err := rdb.LLen(ctx, bare).Result()
		if err == nil && n != jobs {
			err = fmt.Errorf("the list has %d of %d entries", n, jobs)
		}
		return []float64{rate(int(jobs), took)}, err
	}}
}
