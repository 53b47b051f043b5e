package chaos

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrRedis says that a round could not be played, for its Redis did not start, or died by
// itself. That shows nothing of the queue.
var ErrRedis = errors.New("there is no Redis to play with")

// Config says what to do. Only Worker has no default.
type Config struct {
	Worker []string // the command that runs [Work]
	Env    []string // of the workers; nil means this process' own

	Way      string        // the queue, one of Ways; "" means Queue
	Jobs     int           // of a round; 0 means 10,000
	Duration time.Duration // of the faults, over which the jobs come; 0 means 10 s
	Rounds   int           // each with a Redis of its own; 0 means 1
	Until    time.Time     // and until then, if that is later; zero means as many as Rounds says
	Seed     uint64        // of the first round; the next ones count on. When faults are due follows from it, and not what they meet: it replays no round

	Workers  int           // processes; 0 means 6
	Lease    time.Duration // 0 means 1 s
	Patience time.Duration // for the second phase; 0 means 30 s
	Apart    bool          // each worker has a network of its own: see netns.Needs
	Faults   []string      // of Kinds, and Unplug if they are apart; nil means all, and none at all must find nothing

	Progress func(round int) // told when one begins; nil means nobody is
}

func (c Config) complete() Config {
	c.Way, c.Jobs, c.Rounds, c.Workers = cmp.Or(c.Way, Queue), cmp.Or(c.Jobs, 10_000), cmp.Or(c.Rounds, 1), cmp.Or(c.Workers, 6)
	c.Duration, c.Lease, c.Patience = cmp.Or(c.Duration, 10*time.Second), cmp.Or(c.Lease, time.Second), cmp.Or(c.Patience, 30*time.Second)
	if c.Faults == nil {
		c.Faults = Kinds
		if c.Apart {
			c.Faults = append(slices.Clone(Kinds), Unplug)
		}
	}
	return c
}

// check finds what c asks for and nobody has: of a fault by the wrong name nothing would be
// shown, and it would look well.
func (c Config) check() error {
	if !slices.Contains(Ways, c.Way) {
		return fmt.Errorf("there is no way %q", c.Way)
	}
	for _, kind := range c.Faults {
		if kind != Unplug && !slices.Contains(Kinds, kind) {
			return fmt.Errorf("there is no fault %q", kind)
		}
	}
	if slices.Contains(c.Faults, Unplug) && !c.Apart {
		return errors.New("there are no wires to unplug: the workers are not apart")
	}
	return nil
}

// Run plays the rounds and judges them. With an error it returns the report on those before,
// and nil if there are none.
func Run(ctx context.Context, c Config) (*Report, error) {
	c = c.complete()
	if err := c.check(); err != nil {
		return nil, err
	}
	report := newReport(c)
	for n := 0; n < c.Rounds || time.Now().Before(c.Until); n++ {
		if c.Progress != nil {
			c.Progress(n + 1)
		}
		h, faults, store, err := play(ctx, c)
		if err != nil {
			err = fmt.Errorf("round %d (seed %d): %w", n+1, c.Seed, err)
			if n == 0 {
				return nil, err
			}
			report.close()
			return report, err
		}
		report.add(h, faults, store)
		c.Seed++
	}
	report.close()
	return report, nil
}
