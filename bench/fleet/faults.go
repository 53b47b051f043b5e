package fleet

import (
	"context"
	"fmt"

	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// Faults counts what went wrong with the outermost level since it was opened, and was
// made good: machines and processes that died, and jobs of a queue that were tried again
// or given up. What was measured meanwhile is not the level's normal speed. What dies
// inside a machine it does not see; but that loses tasks, and shows by it.
//
// A queue is asked for its counts, over a connection that is opened for that.
func (f *Fleet) Faults(ctx context.Context) (int, error) {
	n := int(f.died.Load())
	for _, w := range f.workers {
		n += int(w.deaths.Load())
	}
	if f.tried == nil {
		return n, nil
	}
	again, err := f.tried(ctx)
	return n + again, err
}

// triedAgain counts the tries of a queue's jobs that did not bring a result.
func triedAgain(ctx context.Context, c machine.QueueConfig) (int, error) {
	q, err := queue.Open(ctx, c.Redis, queue.Config{Name: c.Name})
	if err != nil {
		return 0, fmt.Errorf("count faults: %w", err)
	}
	defer q.Close()
	info, err := q.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("count faults: %w", err)
	}
	return info.Counters.Lost + info.Counters.Retried + info.Counters.Dead, nil
}
