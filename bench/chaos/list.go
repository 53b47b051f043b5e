package chaos

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// A list is the queue that everybody writes first: producers push, and workers pop. It is
// right as long as nobody dies; a job that was popped is in its worker's memory and nowhere
// else. It is here so that something is wrong, and is found.
type list struct{ *lab.Client }

func openList(url string) (way, error) {
	c, err := lab.Dial(url)
	if err != nil {
		return nil, err
	}
	return list{c}, nil
}

// Where it keeps what.
const (
	ready   = "chaos:ready"
	results = "chaos:results"
	retries = "chaos:retries" // how many
)

func (l list) leave(ctx context.Context, c Chore) (ask, error) {
	entry, _ := json.Marshal(c) // numbers only: it cannot fail
	if err := l.RPush(ctx, ready, entry).Err(); err != nil {
		return nil, err
	}
	return func(ctx context.Context) (o Outcome, err error) {
		text, err := l.HGet(ctx, results, strconv.Itoa(c.N)).Bytes()
		if err == nil {
			err = json.Unmarshal(text, &o)
		}
		return o, err
	}, nil
}

func (l list) left(ctx context.Context) (int, error) {
	n, err := l.LLen(ctx, ready).Result()
	return int(n), err
}

// totals knows of no leases, for there are none.
func (l list) totals(ctx context.Context) (Totals, error) {
	n, err := l.HLen(ctx, results).Result()
	retried, none := l.Get(ctx, retries).Int() // where nothing failed there is none
	if none != nil {
		retried = 0
	}
	return Totals{Outcomes: int(n), Retried: retried}, err
}

func (l list) work(ctx context.Context, o Order, do func(context.Context, Chore, int) (Token, error)) error {
	var hands sync.WaitGroup
	defer hands.Wait()
	for range o.Concurrency {
		hands.Go(func() {
			for ctx.Err() == nil {
				l.next(ctx, do)
			}
		})
	}
	return nil
}

// next does a job. Whatever goes wrong meanwhile, it takes another: that is what is wrong
// with it.
func (l list) next(ctx context.Context, do func(context.Context, Chore, int) (Token, error)) {
	stays := context.WithoutCancel(ctx) // what was popped is done, unless its worker dies
	entry, err := l.LPop(stays, ready).Bytes()
	if err != nil {
		live.Pause(ctx, 5*time.Millisecond)
		return
	}
	var c Chore
	if json.Unmarshal(entry, &c) != nil {
		return
	}
	var o Outcome
	for try := 1; ; try++ {
		if o.By, err = do(stays, c, try); err == nil || try == poisonTries {
			break
		}
		l.Incr(stays, retries)
	}
	if err != nil {
		o.Err = err.Error()
	}
	text, _ := json.Marshal(o) // numbers and a text
	l.HSet(stays, results, c.N, text)
}
