package chaos

import (
	"context"
	"time"
)

// A Chore is the job of a round. Its number is its own.
type Chore struct {
	N      int
	Takes  time.Duration
	Poison bool // every try fails
}

// poisonTries is how often a job may be tried that is poison.
const poisonTries = 5

// A way is a queue as the round sees it: at the end of its producers, and at that of a
// worker. Package queue is one; the other is there to be caught.
type way interface {
	// leave leaves a job and returns how to learn its outcome; a call returns with it.
	leave(ctx context.Context, c Chore) (ask, error)

	// left is how many jobs have not come to an end.
	left(ctx context.Context) (int, error)

	// totals are the queue's own counts.
	totals(ctx context.Context) (Totals, error)

	// work does jobs until ctx ends, and then those that it has begun.
	work(ctx context.Context, o Order, do func(ctx context.Context, c Chore, try int) (Token, error)) error

	Close() error
}

// ask asks what a job came to. Its error says that this could not be found out.
type ask func(ctx context.Context) (Outcome, error)

// The names of ways.
const (
	Queue  = "queue"  // package queue
	Forget = "forget" // a list: its workers pop a job, and then do it
)

// Ways are all of them.
var Ways = []string{Queue, Forget}

func open(ctx context.Context, name, url string) (way, error) {
	if name == Forget {
		return openList(url)
	}
	return openQueue(ctx, url)
}
