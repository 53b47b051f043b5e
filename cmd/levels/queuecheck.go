package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// checkTime is for the whole check, however many shards there are: a probe has
// a timeout of its own, and what it kills says nothing.
const checkTime = 5 * time.Second

func newQueueCheck() *cobra.Command {
	var f queueFlags
	var l limits
	cmd := &cobra.Command{
		Use:   "check",
		Short: "say whether a queue is healthy, for scripts and probes",
		Long: `check fails with exit code 1, and one line that says what is wrong, if a queue is
beyond one of the limits; 0 means that something is not checked. If Redis does not
answer it fails with exit code 3, after five seconds at most: give a probe of
Kubernetes timeoutSeconds: 6. For the age of the oldest job, see levels queue info --help.`,
		Example: `  levels queue check
  levels queue check --name mail --min-workers 2 --max-age 5m --max-dead 100`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := l.check(); err != nil {
				return err
			}
			late := time.Now().Add(checkTime)
			return f.use(cmd.Context(), func(ctx context.Context, q *queue.Queue) error {
				bounded, cancel := context.WithDeadline(ctx, late)
				defer cancel()
				info, err := q.Info(bounded)
				if err != nil {
					return bench.Environment(err)
				}
				return l.judge(info, f.json)
			})
		},
	}
	f.define(cmd)
	cmd.Flags().IntVar(&l.ready, "max-ready", 0, "how many jobs may be ready")
	cmd.Flags().DurationVar(&l.age, "max-age", 0, "how old the oldest job that is ready may be")
	cmd.Flags().IntVar(&l.workers, "min-workers", 1, "how many workers must live")
	cmd.Flags().IntVar(&l.dead, "max-dead", 0, "how many dead letters there may be")
	return cmd
}

// limits are those of a healthy queue; 0 means that there is none.
type limits struct {
	ready, workers, dead int
	age                  time.Duration
}

func (l *limits) check() error {
	return errors.Join(
		inRange("max-ready", l.ready, 0, math.MaxInt32),
		inRange("max-age", l.age, 0, 10*365*24*time.Hour),
		inRange("min-workers", l.workers, 0, math.MaxInt32),
		inRange("max-dead", l.dead, 0, math.MaxInt32),
	)
}

// judge says whether the queue is healthy.
func (l *limits) judge(i queue.Info, asJSON bool) error {
	var wrong []string
	for _, c := range []struct {
		beyond bool
		text   string
	}{
		{i.Workers < l.workers, fmt.Sprintf("%d worker%s, at least %d must live", i.Workers, plural(i.Workers), l.workers)},
		{l.ready > 0 && i.Ready > l.ready, fmt.Sprintf("%d ready, at most %d may be", i.Ready, l.ready)},
		{l.age > 0 && i.Oldest > l.age, fmt.Sprintf("the oldest is %s old, at most %s is allowed", age(i.Oldest), age(l.age))},
		{l.dead > 0 && i.Dead > l.dead, fmt.Sprintf("%d dead letters, at most %d may be", i.Dead, l.dead)},
	} {
		if c.beyond {
			wrong = append(wrong, c.text)
		}
	}
	paused := ""
	if i.Paused {
		paused = " (paused)"
	}
	healthy := len(wrong) == 0
	switch {
	case asJSON:
		v := infoJSON(i, speed{})
		v["healthy"], v["wrong"] = healthy, append([]string{}, wrong...)
		if err := printJSON(v); err != nil {
			return err
		}
	case healthy:
		fmt.Fprintf(stdout, "queue %s is healthy%s: %d ready, %d running, %d dead, %d worker%s\n", i.Name, paused, i.Ready, i.Running, i.Dead, i.Workers, plural(i.Workers))
	}
	if !healthy {
		return fmt.Errorf("queue %s is unhealthy%s: %s", i.Name, paused, strings.Join(wrong, "; "))
	}
	return nil
}
