package discipline

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Job is something to do. Its ID is the caller's, and no two jobs of a queue
// have the same.
type Job struct{ ID, Payload string }

// A Claimed is a job that a worker holds, until its lease runs out.
type Claimed struct {
	Job
	Receipt string // what Finish knows this claim by
}

// A Done is a job that has ended, and what came of it.
type Done struct {
	Claimed
	Output string
}

// A Discipline is a queue. All of them promise the same: a job is claimed, by one
// worker after the other, until one of them has finished it. So it runs at least
// once, and has one result.
type Discipline interface {
	// Enqueue adds jobs, in their order. If no answer comes, nobody knows whether
	// they were added.
	Enqueue(ctx context.Context, jobs ...Job) error

	// Claim leases up to n jobs to a worker: those whose lease ran out, and those
	// that wait, first come, first served. If there is none, it waits in Redis
	// until one is enqueued, for at most a second, in which ctx is not looked at;
	// if another worker was faster, it has waited in vain. A worker that starts
	// anew takes a new name.
	Claim(ctx context.Context, worker string, n int, wait time.Duration) ([]Claimed, error)

	// Finish keeps the outputs of jobs; accepted tells of how many. A job that
	// has ended is refused. One whose lease ran out is refused once another
	// worker has it, and may be before. If no answer comes, call it again.
	Finish(ctx context.Context, worker string, done ...Done) (accepted int, err error)

	// Results returns the outputs of the jobs that have ended, by id. They are
	// kept as long as the queue is: package queue shows how to forget them.
	Results(ctx context.Context, ids ...string) (map[string]string, error)

	// Drop deletes the queue, which nobody may use any more.
	Drop(ctx context.Context) error
}

// Config names a queue. Its zero value will do.
type Config struct {
	Name  string        // "" means "levels"
	Lease time.Duration // how long a worker may hold a job, at least 1 ms; 0 means 10 s
}

// MaxBatch is how many jobs one command handles. A larger Claim gets that many;
// other calls are cut into several. While it runs, Redis does nothing else, and
// some Lua's stack is small.
const MaxBatch = 250

// version is that of the keys.
const version = "levels-discipline1:"

// A queue is what the disciplines have in common.
type queue struct {
	rdb   *redis.Client
	key   []string // what all keys begin with: the one that scripts are given
	lease time.Duration
}

func newQueue(rdb *redis.Client, kind string, c Config) queue {
	prefix := version + "{" + cmp.Or(c.Name, "levels") + "}:" + kind + ":"
	return queue{rdb, []string{prefix}, cmp.Or(c.Lease, 10*time.Second)}
}

// claim runs a script that answers nothing, or a receipt and id, payload, id,
// payload, … If it is nothing, it waits until a list has something in it, and
// runs the script again.
func (q *queue) claim(ctx context.Context, script *redis.Script, list string, wait time.Duration, args ...any) ([]Claimed, error) {
	answer := script.Run(ctx, q.rdb, q.key, args...)
	texts, err := answer.StringSlice()
	if wait = bounded(wait); err != nil || len(texts) > 0 || wait == 0 {
		return claimed(texts), err
	}
	list = q.key[0] + list
	q.rdb.Pipelined(ctx, func(p redis.Pipeliner) error { // if that fails, the answer says so
		// From the head to the head: it waits until there is one, and leaves it there.
		p.Do(ctx, "blmove", list, list, "left", "left", wait.Seconds())
		answer = script.EvalSha(ctx, p, q.key, args...)
		return nil
	})
	texts, err = answer.StringSlice()
	return claimed(texts), err
}

func claimed(texts []string) (jobs []Claimed) {
	for i := 2; i < len(texts); i += 2 {
		jobs = append(jobs, Claimed{Job{texts[i-1], texts[i]}, texts[0]})
	}
	return jobs
}

// bounded makes whole milliseconds of a wait: to Redis, 0 may mean for ever.
func bounded(wait time.Duration) time.Duration {
	return max(0, min(wait.Truncate(time.Millisecond), time.Second))
}

func atMost(n int) int { return max(1, min(n, MaxBatch)) }

// enqueue runs a script with the ids and payloads of jobs.
func (q *queue) enqueue(ctx context.Context, script *redis.Script, jobs []Job) error {
	for some := range slices.Chunk(jobs, MaxBatch) {
		if err := script.Run(ctx, q.rdb, q.key, pairs(some)...).Err(); err != nil {
			return err
		}
	}
	return nil
}

func pairs(jobs []Job) []any {
	args := make([]any, 0, 2*len(jobs))
	for _, j := range jobs {
		args = append(args, j.ID, j.Payload)
	}
	return args
}

// finish runs a script with args and the receipts, ids and outputs of jobs. It
// answers how many it accepted.
func (q *queue) finish(ctx context.Context, script *redis.Script, done []Done, args ...any) (accepted int, err error) {
	for some := range slices.Chunk(done, MaxBatch) {
		all := slices.Grow(slices.Clone(args), 3*len(some))
		for _, d := range some {
			all = append(all, d.Receipt, d.ID, d.Output)
		}
		n, err := script.Run(ctx, q.rdb, q.key, all...).Int()
		if accepted += n; err != nil {
			return accepted, err
		}
	}
	return accepted, nil
}

// Results implements [Discipline].
func (q *queue) Results(ctx context.Context, ids ...string) (map[string]string, error) {
	outputs := map[string]string{}
	for some := range slices.Chunk(ids, MaxBatch) {
		values, err := q.rdb.HMGet(ctx, q.key[0]+"result", some...).Result()
		if err != nil {
			return nil, err
		}
		for i, v := range values {
			if output, ok := v.(string); ok {
				outputs[some[i]] = output
			}
		}
	}
	return outputs, nil
}

// Drop implements [Discipline].
func (q *queue) Drop(ctx context.Context) error {
	keys := q.rdb.Scan(ctx, 0, version+"*", 1000).Iterator()
	for keys.Next(ctx) {
		if !strings.HasPrefix(keys.Val(), q.key[0]) {
			continue
		}
		if err := q.rdb.Unlink(ctx, keys.Val()).Err(); err != nil {
			return err
		}
	}
	return keys.Err()
}
