package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// How many jobs [FailOver] enqueues.
const (
	Before = 5 // while the replica is there
	After  = 5 // when it no longer is
)

// FailOver puts a way to enqueue through a fail-over: it pushes a job to the list jobs,
// and reports whether its caller may be told that it is safe. An error says that this is
// not known.
func FailOver(enqueue func(ctx context.Context, primary *redis.Conn, job string) (safe bool, err error)) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		pair, err := StartPair(ctx)
		if err != nil {
			return seen, err
		}
		defer func() { err = errors.Join(err, pair.Close()) }()
		conn := pair.Primary.Conn()
		defer conn.Close()
		var safe, unknown []string
		for n := range Before + After {
			if n == Before {
				if err := pair.separate(ctx); err != nil {
					return seen, err
				}
			}
			job := fmt.Sprint("job ", n)
			if ok, err := enqueue(ctx, conn, job); ok && err == nil {
				safe = append(safe, job)
			} else {
				unknown = append(unknown, job)
			}
		}
		if err := pair.FailOver(ctx); err != nil {
			return seen, err
		}
		kept, err := pair.Replica.LRange(ctx, "jobs", 0, -1).Result()
		lost := 0
		for _, job := range safe {
			if !slices.Contains(kept, job) {
				lost++
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "acknowledged, and there after the fail-over", Verdict: pitfall.Expected, Count: len(safe) - lost},
			{What: "unknown, and its caller was told so", Verdict: pitfall.Allowed, Count: len(unknown)},
			{What: "acknowledged, and lost", Verdict: pitfall.Forbidden, Count: lost},
		}}, err
	}
}

// separate cuts the cable when the replica has all that there is.
func (p *Pair) separate(ctx context.Context) error {
	n, err := p.Primary.LLen(ctx, "jobs").Result()
	if err == nil {
		err = Until(ctx, "the replica has the first jobs", func() bool { return p.Replica.LLen(ctx, "jobs").Val() >= n })
	}
	p.Cut()
	return err
}
