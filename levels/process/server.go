package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// A server runs slices in their order.
type server struct {
	ctx   context.Context
	loads <-chan *wire.Load
	free  chan<- *wire.Load // those that may be read into again: a Func does not keep its input
	level levels.Level
	out   *wire.Writer
	watch *watch // nil: tasks may take for ever
	err   error  // of out

	results []levels.Result // of the slice that runs
}

// serve runs slices until there are no more, ctx ends, or results cannot be written.
// A Func that ends its goroutine ends that one, not the worker.
func (s *server) serve() {
	for {
		var life sync.WaitGroup
		more := true
		life.Go(func() { more = s.live() })
		life.Wait()
		if !more {
			return
		}
		if s.err = errors.Join(s.err, s.out.Will()); s.err != nil { // it lives
			return
		}
	}
}

func (s *server) live() (more bool) {
	for {
		select {
		case load, ok := <-s.loads:
			if !ok {
				return false
			}
			if serial, ok := s.level.(*levels.Serial); ok {
				s.one(serial.Funcs, load.Tasks)
			} else {
				s.whole(load.Tasks)
			}
			if s.err != nil {
				return false
			}
			select {
			case s.free <- load:
			default:
			}
		case <-s.ctx.Done():
			return false
		}
	}
}

var errGoexit = fmt.Errorf("%w: a function ended the goroutine of its batch (runtime.Goexit)", levels.ErrLost)

// whole runs a slice on a level, which may be of any kind.
func (s *server) whole(tasks []levels.Task) {
	s.results = nil
	defer func() {
		if s.results == nil {
			s.results = levels.Failed(len(tasks), errGoexit)
			s.err = errors.Join(s.out.Will(), s.out.Results(s.results))
			return
		}
		s.err = s.out.Results(s.results)
	}()
	s.results = s.level.Run(s.ctx, tasks)
}

// one runs a slice task by task, as [levels.Serial] does. So it knows which one
// ends the goroutine, or the process, and can say so on the way out.
func (s *server) one(funcs levels.Funcs, tasks []levels.Task) {
	if cap(s.results) < len(tasks) {
		s.results = make([]levels.Result, len(tasks))
	}
	s.results = s.results[:len(tasks)]
	i := 0
	defer func() {
		if i < len(tasks) {
			s.will(i, errGoexit) // or it panics, and the obituary says so
		}
	}()
	for turn := s.watch.begin(); i < len(tasks); i++ {
		s.results[i] = funcs.Do(s.ctx, tasks[i])
		turn = s.watch.next(turn, i+1 == len(tasks))
	}
	s.err = s.out.Results(s.results)
}

// will tells the results so far, and that of the task that was the last to begin.
func (s *server) will(last int, err error) {
	s.results[last] = levels.Result{Err: err}
	s.err = errors.Join(s.out.Results(s.results[:last]), s.out.Will(), s.out.Results(s.results[last:last+1]))
}

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
