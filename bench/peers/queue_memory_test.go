package peers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// What a job of 200 bytes takes of Redis' memory while it waits, and what a result of
// 200 bytes takes that is kept: by how much used_memory grows, divided. Redis' own
// overhead is in it, and so are its tables, which double in size as they
// grow: asynq gets a quarter of the jobs, which fill their tables as far.
var queueMemory = []figure{
	{"bytes=200", func(tb testing.TB, s scale) []line {
		m := contest(tb, 1, oursStored("plain", s.stored), oursStored("tracked", s.stored, queue.Track()), asynqStored(s.stored/4))
		var lines []line
		for _, name := range []string{"plain", "tracked"} {
			lines = append(lines,
				line{what: "job that waits, " + name, tag: name + "-queued-", unit: "B", ours: m[name][0], peer: "asynq", theirs: m["asynq"][0]},
				line{what: "result that is kept, " + name, tag: name + "-kept-", unit: "B", ours: m[name][1], peer: "asynq", theirs: m["asynq"][1]})
		}
		dead := contest(tb, 1, contestant{"ours", func(ctx context.Context) ([]float64, error) { return deadLetters(ctx, s.stored/10) }})["ours"]
		return append(lines, line{what: "dead letter, its error without", tag: "dead-", unit: "B", ours: dead[0]})
	}},
}

// deadLetters returns the bytes of a dead letter of 200 bytes, besides the text of
// its error.
func deadLetters(ctx context.Context, jobs int) (values []float64, err error) {
	q, err := setup{}.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	before, err := usedMemory(ctx)
	if err != nil {
		return nil, err
	}
	ins := make([]string, jobs)
	for i := range ins {
		ins[i] = pages.in(i)
	}
	if _, err := pages.task.EnqueueMany(ctx, q, ins); err != nil {
		return nil, err
	}
	clueless := queue.NewWorker(q, queue.WorkerConfig{Concurrency: 100, Burst: true, Logger: slog.New(slog.DiscardHandler)})
	if err := clueless.Run(ctx); err != nil { // it knows no task, so it gives all of them up
		return nil, err
	}
	after, err := usedMemory(ctx)
	if err != nil {
		return nil, err
	}
	letters, err := q.DeadLetters(ctx, jobs+1)
	if err != nil {
		return nil, err
	}
	if len(letters) != jobs {
		return nil, fmt.Errorf("%d of %d jobs are dead", len(letters), jobs)
	}
	return []float64{(after-before)/float64(jobs) - float64(len(letters[0].Error))}, nil
}

func oursStored(name string, jobs int, opts ...queue.Option) contestant {
	return contestant{name, func(ctx context.Context) ([]float64, error) {
		l, t := load{jobs: jobs, batch: 100, producers: 2}, newTally(jobs)
		r, err := newOurs(ctx, pages, setup{concurrency: 100, options: opts}, l, t)
		if err != nil {
			return nil, err
		}
		return stored(ctx, l, t, r)
	}}
}

func asynqStored(jobs int) contestant {
	return contestant{"asynq", func(ctx context.Context) ([]float64, error) {
		l, t := load{jobs: jobs, batch: 1, producers: 8, size: 200}, newTally(jobs)
		return stored(ctx, l, t, fastAsynq(100, l, t))
	}}
}

// stored returns the bytes of a job that waits, and of a result.
func stored(ctx context.Context, l load, t *tally, r rig) (values []float64, err error) {
	defer func() { err = errors.Join(err, r.close()) }()
	var used [3]float64 // by nothing, by all jobs, by all results
	for i, do := range []func() error{
		func() error { return nil },
		func() error { return l.produce(ctx, r) },
		func() error { return work(ctx, r, t, func() error { return l.finish(ctx, r, t) }) },
	} {
		if err := do(); err != nil {
			return nil, err
		}
		if used[i], err = usedMemory(ctx); err != nil {
			return nil, err
		}
	}
	n := float64(l.jobs)
	return []float64{(used[1] - used[0]) / n, (used[2] - used[0]) / n}, r.verify(ctx)
}

// usedMemory is what Redis has allocated, when that has stopped changing: its
// tables grow and shrink in the background.
func usedMemory(ctx context.Context) (used float64, err error) {
	rdb := redis.NewClient(options())
	defer rdb.Close()
	before, since := 0.0, time.Now()
	err = until(ctx, "Redis' memory to settle", func() (bool, error) {
		info, err := rdb.Info(ctx, "memory").Result()
		if err != nil {
			return false, err
		}
		_, after, _ := strings.Cut(info, "used_memory:")
		text, _, _ := strings.Cut(after, "\r\n")
		if used, err = strconv.ParseFloat(text, 64); err != nil {
			return false, err
		}
		if math.Abs(used-before) > 16<<10 {
			before, since = used, time.Now()
		}
		return time.Since(since) > 300*time.Millisecond, nil
	})
	return used, err
}
