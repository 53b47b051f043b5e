package overload

import (
	"context"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/bench/usage"
)

// watch notes the most memory that the process tree holds, and how deep the level is,
// until it is told to stop.
func (t *trial) watch(ctx context.Context, memory *int64) (stop func() error) {
	tree, end := usage.NewTree(), make(chan struct{})
	var watching sync.WaitGroup
	var err error
	watching.Go(func() {
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			held, _ := tree.Held()
			*memory = max(*memory, held)
			var depth int
			if depth, err = t.depth(ctx); err != nil {
				return
			}
			t.row.Deepest = max(t.row.Deepest, depth)
			select {
			case <-tick.C:
			case <-end:
				return
			}
		}
	})
	return func() error {
		close(end)
		watching.Wait()
		return err
	}
}
