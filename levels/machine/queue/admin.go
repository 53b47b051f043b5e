package queue

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

//go:embed lua/dead.lua
var deadSource string

var deadScript = newScript(deadSource)

// DeadLetters lists at most n of the jobs that were given up, the newest first,
// without their payloads: [Job.Info] has those.
func (q *Queue) DeadLetters(ctx context.Context, n int) ([]JobInfo, error) {
	var all []JobInfo
	err := q.each("list dead letters", func(s *shard) error {
		letters, err := s.deadLetters(ctx, n)
		all = append(all, letters...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b JobInfo) int { return b.Died.Compare(a.Died) })
	return all[:max(min(n, len(all)), 0)], nil
}

// each does something with every shard, one after the other.
func (q *Queue) each(what string, do func(*shard) error) error {
	for _, s := range q.shards {
		if err := do(s); err != nil {
			return fmt.Errorf("queue %s: %s: %w", s.name, what, err)
		}
	}
	return nil
}

func (s *shard) deadLetters(ctx context.Context, n int) (letters []JobInfo, err error) {
	ctx, cancel := patience(ctx)
	defer cancel()
	listed := map[string]bool{} // a job that dies meanwhile moves the others down
	for from := 0; from < n; from += maxScript {
		reply, err := s.run(ctx, deadScript, from, min(n-from, maxScript))
		if err != nil {
			return nil, err
		}
		answers, err := reply.Slice()
		if err != nil {
			return nil, err
		}
		for _, answer := range answers {
			a := texts(answer)
			if len(a) == 4 && !listed[a[0]] {
				listed[a[0]] = true
				letters = append(letters, readLook(a[0], []string{a[2], a[3], "", a[1]}))
			}
		}
		if len(answers) < maxScript {
			break
		}
	}
	return letters, nil
}

// Requeue lets dead letters run again, with all their tries. It returns how many
// of the ids were dead letters. Those whose time to begin is over (see
// [Expires]) end as expired.
func (q *Queue) Requeue(ctx context.Context, ids ...string) (int, error) {
	return q.revive(ctx, "requeue", ids)
}

// Drop forgets dead letters. It returns how many of the ids were such.
func (q *Queue) Drop(ctx context.Context, ids ...string) (int, error) {
	return q.revive(ctx, "drop", ids)
}

// RequeueAll is [Queue.Requeue] for all dead letters that there are when it
// begins: those that die again meanwhile stay.
func (q *Queue) RequeueAll(ctx context.Context) (int, error) { return q.reviveAll(ctx, "requeue") }

// DropAll is [Queue.Drop] for all dead letters that there are when it begins.
func (q *Queue) DropAll(ctx context.Context) (int, error) { return q.reviveAll(ctx, "drop") }

func (q *Queue) revive(ctx context.Context, how string, ids []string) (n int, err error) {
	parts := map[*shard][]string{}
	for _, id := range ids {
		s := q.shardOf(id)
		parts[s] = append(parts[s], id)
	}
	err = q.each(how, func(s *shard) error {
		for chunk := range slices.Chunk(parts[s], maxScript) {
			m, err := s.revive(ctx, how, chunk)
			if n += m; err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func (s *shard) revive(ctx context.Context, how string, ids []string) (int, error) {
	ctx, cancel := patience(ctx)
	defer cancel()
	reply, err := s.run(ctx, reviveScript, anys([]any{how}, ids)...)
	if err != nil {
		return 0, err
	}
	return reply.Int()
}

func (q *Queue) reviveAll(ctx context.Context, how string) (n int, err error) {
	err = q.each(how, func(s *shard) error {
		begun, err := s.time(ctx)
		for err == nil {
			var ids []string
			if ids, err = s.diedUntil(ctx, begun); len(ids) == 0 {
				break
			}
			var m int
			m, err = s.revive(ctx, how, ids)
			n += m
		}
		return err
	})
	return n, err
}

// time is Redis'.
func (s *shard) time(ctx context.Context) (t time.Time, err error) {
	err = s.ask(ctx, func(ctx context.Context) error { t, err = s.link.rdb.Time(ctx).Result(); return err })
	return t, err
}

// diedUntil returns the ids of dead letters of a time or before, the oldest first:
// as many as a script takes.
func (s *shard) diedUntil(ctx context.Context, t time.Time) (ids []string, err error) {
	died := &redis.ZRangeBy{Min: "-inf", Max: number(t.UnixMilli()), Count: maxScript}
	err = s.ask(ctx, func(ctx context.Context) error {
		ids, err = s.link.rdb.ZRangeByScore(ctx, s.prefix+"dead", died).Result()
		return err
	})
	return ids, err
}

// ask runs a command that may be repeated, with the patience of one operation.
func (s *shard) ask(ctx context.Context, command func(context.Context) error) error {
	ctx, cancel := patience(ctx)
	defer cancel()
	return s.insist(ctx, func() error { return command(ctx) })
}

// Pause keeps workers from taking jobs, until [Queue.Resume]. Those that run go
// on, and jobs may be enqueued. A Redis whose memory is full refuses it.
func (q *Queue) Pause(ctx context.Context) error {
	return q.each("pause", func(s *shard) error {
		return s.ask(ctx, func(ctx context.Context) error { return q.link.rdb.Set(ctx, s.prefix+"paused", 1, 0).Err() })
	})
}

// Resume ends a pause. Workers notice within a second.
func (q *Queue) Resume(ctx context.Context) error {
	return q.each("resume", func(s *shard) error {
		return s.ask(ctx, func(ctx context.Context) error { return q.link.rdb.Del(ctx, s.prefix+"paused").Err() })
	})
}
