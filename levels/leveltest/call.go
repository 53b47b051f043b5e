package leveltest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// A call is a Run or a Close that goes on in a goroutine of its own. If the
// level hangs it hangs there, and the suite does not.
type call struct {
	what     string
	patience time.Duration
	ended    chan struct{} // closed when the goroutine has ended; then the rest may be read
	returned bool          // false if Goexit ended it
	err      error
	results  []levels.Result
}

var errEnded = errors.New("ended the goroutine of its caller instead of returning")

// begin calls f. Whoever holds the call waits for it.
func (t *trial) begin(what string, f func(*call) error) *call {
	c := &call{what: what, patience: t.Patience, ended: make(chan struct{})}
	go func() {
		defer close(c.ended)
		c.err = f(c)
		c.returned = true
	}()
	return c
}

// wait waits for the end of the call, but not longer than patience.
func (c *call) wait() error {
	select {
	case <-c.ended:
	case <-time.After(c.patience):
		return fmt.Errorf("%s did not return within %v", c.what, c.patience)
	}
	if !c.returned {
		return fmt.Errorf("%s %w", c.what, errEnded)
	}
	return c.err
}

// start begins a Run. Its error says that the number of results is wrong.
func (t *trial) start(ctx context.Context, tasks []levels.Task) *call {
	return t.begin(fmt.Sprintf("Run of %d tasks", len(tasks)), func(c *call) error {
		c.results = t.level.Run(ctx, tasks)
		if len(c.results) != len(tasks) {
			return fmt.Errorf("%d tasks have %d results", len(tasks), len(c.results))
		}
		return nil
	})
}

// run is a Run that the suite waits for.
func (t *trial) run(ctx context.Context, tasks []levels.Task) ([]levels.Result, error) {
	c := t.start(ctx, tasks)
	if err := c.wait(); err != nil {
		return nil, err
	}
	return c.results, nil
}

// close begins a Close.
func (t *trial) close() *call {
	return t.begin("Close", func(*call) error {
		if err := t.level.Close(); err != nil {
			return fmt.Errorf("closing fails: %w", err)
		}
		return nil
	})
}

// holds waits until a task of t.held has started.
func (t *trial) holds(c *call) error {
	stop := time.After(t.Patience)
	for !exists(t.path) {
		select {
		case <-c.ended:
			if err := errors.Join(c.wait(), firstErr(c.results)); err != nil {
				return err
			}
			return fmt.Errorf("%s returned, but its tasks have not run", c.what)
		case <-stop:
			return fmt.Errorf("%s started no task within %v", c.what, t.Patience)
		case <-time.After(time.Millisecond):
		}
	}
	return nil
}

// echo runs a batch of echoes, as one does to see whether a level still works.
func (t *trial) echo(first, n int) error {
	results, err := t.run(t.ctx, echoes(first, n))
	if err != nil {
		return err
	}
	return allEchoed(results, first)
}
