package levels

import (
	"cmp"
	"context"
	"errors"
)

// Retry runs tasks again that were lost, for tasks that may run twice: those that
// only compute, or whose second run changes nothing that the first has not. A level
// cannot know which are, so it retries nothing by itself.
type Retry struct {
	Level
	Tries int // runs of a task, with the first; 0 means 3
}

// Run implements [Level]. A task that is lost each time fails with the last error.
func (r Retry) Run(ctx context.Context, tasks []Task) []Result {
	results := r.Level.Run(ctx, tasks)
	for range cmp.Or(r.Tries, 3) - 1 {
		var lost []int
		var again []Task
		for i := range results {
			if errors.Is(results[i].Err, ErrLost) {
				lost, again = append(lost, i), append(again, tasks[i])
			}
		}
		if len(lost) == 0 || ctx.Err() != nil {
			break
		}
		for k, result := range r.Level.Run(ctx, again) {
			results[lost[k]] = result
		}
	}
	return results
}
