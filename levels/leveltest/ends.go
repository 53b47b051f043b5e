package leveltest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// These promises are about ends: of a ctx, a goroutine, a worker, the level.

var errEnough = errors.New("the caller has had enough")

func (t *trial) cancel() error {
	ctx, cancel := context.WithCancelCause(t.ctx)
	defer cancel(nil)
	run := t.start(ctx, t.held(100))
	if err := t.holds(run); err != nil {
		return err
	}
	cancel(errEnough)
	if err := run.wait(); err != nil {
		return err
	}
	if err := allFail(run.results, errEnough); err != nil {
		return err
	}
	return t.asNew()
}

func (t *trial) cancelled() error {
	ctx, cancel := context.WithCancelCause(t.ctx)
	cancel(errEnough)
	tasks := t.held(100)
	for i := range tasks {
		tasks[i].Func = "touch"
	}
	results, err := t.run(ctx, tasks)
	if err != nil {
		return err
	}
	if err := allFail(results, errEnough); err != nil {
		return err
	}
	if err := t.asNew(); err != nil { // and behind it no task is hidden in a queue
		return err
	}
	if exists(t.path) {
		return errors.New("a task was started though ctx had ended")
	}
	return nil
}

func (t *trial) deadline() error {
	ctx, cancel := context.WithTimeoutCause(t.ctx, 10*time.Millisecond, errEnough)
	defer cancel()
	results, err := t.run(ctx, t.held(10))
	if err != nil {
		return err
	}
	if err := allFail(results, errEnough); err != nil {
		return err
	}
	return t.asNew()
}

// asNew returns an error if the level no longer runs what it is given.
func (t *trial) asNew() error {
	if err := t.echo(0, 100); err != nil {
		return fmt.Errorf("afterwards the level is not as good as new: %w", err)
	}
	return nil
}

// One worker too many goes away: a level that does not replace them runs out.
func (t *trial) goexit() error {
	tasks := echoes(0, 2*runtime.GOMAXPROCS(0)+2)
	for i := 1; i < len(tasks); i += 2 {
		tasks[i].Func = "goexit"
	}
	results, err := t.run(t.ctx, tasks)
	if err != nil && !(t.Inline && errors.Is(err, errEnded)) {
		return err
	}
	for i, r := range results {
		switch {
		case i%2 == 1 && r.Err == nil:
			return fmt.Errorf("result %d of %d: the task ended its goroutine and has no error", i, len(results))
		case i%2 == 0 && !(errors.Is(r.Err, levels.ErrLost) && (t.Inline || t.Isolated)):
			if err := echoed(r, i); err != nil {
				return fmt.Errorf("result %d of %d, beside one that ended its goroutine: %w", i, len(results), err)
			}
		}
	}
	return t.asNew()
}

func (t *trial) death() error {
	for range 2 {
		tasks := echoes(0, 3)
		tasks[1].Func = "exit"
		results, err := t.run(t.ctx, tasks)
		if err != nil {
			return err
		}
		if err := allFail(results[1:2], levels.ErrLost); err != nil {
			return fmt.Errorf("the task ended its worker: %w", err)
		}
		for i := 0; i < len(results); i += 2 {
			if err := echoed(results[i], i); err != nil && !errors.Is(err, levels.ErrLost) {
				return fmt.Errorf("beside a task that ended its worker: %w", err)
			}
		}
		if err := t.asNew(); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) closing() error {
	run := t.start(t.ctx, t.held(1))
	if err := t.holds(run); err != nil {
		return err
	}
	closing := t.close()
	select {
	case <-closing.ended:
		return errors.New("closed before the task that was running was done")
	case <-time.After(10 * time.Millisecond): // long enough to see one that does not wait at all
	}
	if err := os.Remove(t.path); err != nil {
		return err
	}
	if err := run.wait(); err != nil {
		return err
	}
	if r := run.results[0]; r.Err != nil || string(r.Output) != "done" {
		return fmt.Errorf("the task that was running has output %.80q and error %v, want \"done\"", r.Output, r.Err)
	}
	return closing.wait()
}

func (t *trial) closed() error {
	if err := t.close().wait(); err != nil {
		return err
	}
	results, err := t.run(t.ctx, echoes(0, 3))
	if err != nil {
		return err
	}
	if err := allFail(results, levels.ErrClosed); err != nil {
		return err
	}
	if err := t.close().wait(); err != nil {
		return fmt.Errorf("again: %w", err)
	}
	return nil
}

// The check is made around every promise. This one puts all workers to work.
func (t *trial) goroutines() error { return t.echo(0, 1000) }
