package process

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// A watch ends the process when a task takes too long. A nil one never does.
type watch struct {
	limit  time.Duration
	server *server

	// turn is the number of the slice in the upper half, and in the lower that of the
	// task which runs, from 1. Its owner is who changes it: the server goes on to the
	// next, the watch takes the turn away for good.
	turn atomic.Uint64
}

const taken = 1<<64 - 1

func newWatch(limit time.Duration) *watch { return &watch{limit: limit} }

func (w *watch) begin() (turn uint64) {
	if w == nil {
		return 0
	}
	turn = w.turn.Load()>>32<<32 + 1<<32 + 1
	w.turn.Store(turn)
	return turn
}

func (w *watch) next(turn uint64, last bool) uint64 {
	if w == nil {
		return 0
	}
	next := turn + 1
	if last {
		next = turn >> 32 << 32 // nobody's
	}
	if !w.turn.CompareAndSwap(turn, next) {
		select {} // too late: the process is about to end
	}
	return next
}

// run looks eight times in the limit. A task that it finds at its turn for a
// whole limit, and up to an eighth more, has had it.
func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(max(w.limit/8, time.Millisecond))
	defer tick.Stop()
	var seen uint64
	var since time.Time
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		turn := w.turn.Load()
		if turn != seen {
			seen, since = turn, time.Now()
		}
		if uint32(turn) == 0 || time.Since(since) < w.limit || !w.turn.CompareAndSwap(turn, taken) {
			continue
		}
		w.server.will(int(uint32(turn))-1, fmt.Errorf("task did not end within %v: %w", w.limit, context.DeadlineExceeded))
		fmt.Fprintf(os.Stderr, "a task did not end within %v\n", w.limit)
		os.Exit(1)
	}
}
