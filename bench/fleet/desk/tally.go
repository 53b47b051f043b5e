package desk

import (
	"context"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A Tally is what became of the jobs so far, as Redis knows it.
type Tally struct {
	Waiting int // that no worker has; of Pop only
	Begun   int
	Done    int
	Again   int // that began more than once
	Charged int // customers that were charged
	Twice   int // customers that were charged more than once
}

// Tally counts.
func (d *Desk) Tally(ctx context.Context) (t Tally, err error) {
	var waiting, done *redis.IntCmd
	var begun, charged *redis.StringSliceCmd
	_, err = d.rdb.Pipelined(ctx, func(p redis.Pipeliner) error {
		waiting, done = p.LLen(ctx, d.key("ready")), p.HLen(ctx, d.key("done"))
		begun, charged = p.HVals(ctx, d.key("begun")), p.HVals(ctx, d.key("charged"))
		return nil
	})
	if err != nil {
		return t, err
	}
	t.Waiting, t.Done = int(waiting.Val()), int(done.Val())
	t.Begun, t.Again = counted(begun.Val())
	t.Charged, t.Twice = counted(charged.Val())
	return t, nil
}

// counted says how many numbers there are, and how many are not 1.
func counted(numbers []string) (all, more int) {
	for _, n := range numbers {
		if n != "1" {
			more++
		}
	}
	return len(numbers), more
}

// Drop deletes the jobs, and all that is known of them. Nobody may work on them any more.
func (d *Desk) Drop(ctx context.Context) error {
	if err := d.rdb.Unlink(ctx, d.key("ready"), d.key("begun"), d.key("charged"), d.key("done")).Err(); err != nil || d.queue == nil {
		return err
	}
	keys := d.rdb.Scan(ctx, 0, "levels"+queue.Version+":{"+d.config.Name+"}:*", 1000).Iterator()
	for keys.Next(ctx) {
		if err := d.rdb.Unlink(ctx, keys.Val()).Err(); err != nil {
			return err
		}
	}
	return keys.Err()
}
