package levels

import (
	"cmp"
	"context"
	"errors"
)

// A Retry is a level around another: it runs tasks again that were lost with their
// worker. That is for tasks that may run twice, such as those that only compute. A
// level cannot know which may, so it tries nothing again by itself.
type Retry struct {
	Level Level
	Tries int // of each task, at most; 0 means 3

	gate Gate
}

// Run implements [Level]. A task that is lost each time fails with its last error.
func (r *Retry) Run(ctx context.Context, tasks []Task) []Result {
	if !r.gate.Enter() {
		return Failed(len(tasks), ErrClosed)
	}
	defer r.gate.Leave()
	results := r.Level.Run(ctx, tasks)
	for range cmp.Or(r.Tries, 3) - 1 {
		var again []Task
		var places []int
		for i, result := range results {
			if errors.Is(result.Err, ErrLost) {
				again, places = append(again, tasks[i]), append(places, i)
			}
		}
		if len(again) == 0 || ctx.Err() != nil {
			break
		}
		for i, result := range r.Level.Run(ctx, again) {
			results[places[i]] = result
		}
	}
	return results
}

// Close implements [Level]. It closes the gate first: were the level inside to
// close between two tries, it would turn the second away.
func (r *Retry) Close() error {
	r.gate.Close()
	return r.Level.Close()
}
