package chaos

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// chores may be tried as often as it takes: faults are many, and none is theirs.
var chores = queue.NewTask[Chore, Token]("chore", queue.MaxTries(10_000), queue.Backoff(time.Millisecond, 10*time.Millisecond))

// kept is how long outcomes are: longer than a round.
const kept = time.Hour

// A product is package queue.
type product struct{ q *queue.Queue }

func openQueue(ctx context.Context, url string) (way, error) {
	q, err := queue.Open(ctx, url, queue.Config{Name: "chaos"})
	if err != nil {
		return nil, err
	}
	return product{q}, nil
}

// leave leaves every fourth job plain, every fourth with an id, every fourth for a little
// later, and calls every fourth.
func (p product) leave(ctx context.Context, c Chore) (ask, error) {
	opts := []queue.Option{queue.KeepFor(kept)}
	if c.Poison {
		opts = append(opts, queue.MaxTries(poisonTries))
	}
	switch c.N % 4 {
	case 1:
		opts = append(opts, queue.ID(fmt.Sprint("job-", c.N)))
	case 2:
		opts = append(opts, queue.In(50*time.Millisecond))
	case 3:
		by, err := chores.Call(ctx, p.q, c, opts[1:]...) // its caller keeps the outcome
		if err != nil && !ends(err) {
			return nil, err
		}
		return outcome(by, err), nil
	}
	job, err := chores.Enqueue(ctx, p.q, c, opts...)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (Outcome, error) {
		by, err := job.Wait(ctx)
		if err != nil && !ends(err) {
			return Outcome{}, err
		}
		return outcome(by, err)(ctx)
	}, nil
}

// ends reports whether an error is what a job came to.
func ends(err error) bool {
	return errors.Is(err, queue.ErrDead) || errors.Is(err, queue.ErrAborted) || errors.Is(err, queue.ErrExpired)
}

func outcome(by Token, err error) ask {
	o := Outcome{By: by}
	if err != nil {
		o.Err = err.Error()
	}
	return func(context.Context) (Outcome, error) { return o, nil }
}

func (p product) left(ctx context.Context) (int, error) {
	info, err := p.q.Info(ctx)
	return info.Ready + info.Running + info.Deferred, err
}

func (p product) totals(ctx context.Context) (Totals, error) {
	info, err := p.q.Info(ctx)
	c := info.Counters
	return Totals{Outcomes: c.Done + c.Dead, Expired: c.Lost, Retried: c.Retried}, err
}

func (p product) work(ctx context.Context, o Order, do func(context.Context, Chore, int) (Token, error)) error {
	w := queue.NewWorker(p.q, queue.WorkerConfig{
		Concurrency: o.Concurrency, Lease: o.Lease, Grace: o.Grace,
		Logger: slog.New(slog.DiscardHandler), // that leases are lost is what is wanted here
	})
	queue.Handle(w, chores, func(ctx context.Context, c Chore) (Token, error) {
		return do(ctx, c, queue.AttemptOf(ctx).Try)
	})
	return w.Run(ctx)
}

func (p product) Close() error { return p.q.Close() }
