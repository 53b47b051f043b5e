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
	if f.info == nil {
		return n, nil
	}
	info, err := f.info(ctx)
	return n + info.Counters.Lost + info.Counters.Retried + info.Counters.Dead, err
}

// Waiting is how many jobs wait in the queue of the outermost level. Other levels have
// none: whoever calls them waits.
func (f *Fleet) Waiting(ctx context.Context) (int, error) {
	if f.info == nil {
		return 0, nil
	}
	info, err := f.info(ctx)
	return info.Ready, err
}

// ask looks at a queue.
func ask(ctx context.Context, c machine.QueueConfig) (info queue.Info, err error) {
	q, err := queue.Open(ctx, c.Redis, queue.Config{Name: c.Name})
	if err == nil {
		info, err = q.Info(ctx)
		q.Close()
	}
	if err != nil {
		return queue.Info{}, fmt.Errorf("look at the queue: %w", err)
	}
	return info, nil
}
