package levels

import (
	"context"
	"fmt"
	"time"
)

// A Timeout is a level around another: it gives each call of Run so long, however many
// its tasks. Those that have not finished by then fail with an error that is
// [context.DeadlineExceeded]. What becomes of a task that does not care that its ctx
// has ended is the business of the level inside: a process is killed, a thread is not.
type Timeout struct {
	Level Level
	For   time.Duration // 0 means for ever
}

// Run implements [Level].
func (t *Timeout) Run(ctx context.Context, tasks []Task) []Result {
	if t.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, t.For, fmt.Errorf("batch was not done within %v: %w", t.For, context.DeadlineExceeded))
		defer cancel()
	}
	return t.Level.Run(ctx, tasks)
}

// Close implements [Level].
func (t *Timeout) Close() error { return t.Level.Close() }
