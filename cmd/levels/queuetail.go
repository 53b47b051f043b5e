package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

func newQueueTail() *cobra.Command {
	var f queueFlags
	var interval time.Duration
	var count int
	cmd := &cobra.Command{
		Use:   "tail",
		Short: "watch a queue, line by line",
		Long: `tail prints a line on a queue at each interval, until Ctrl-C: how many jobs are
where, how fast they end, how old the oldest is that is ready. Jobs that die
meanwhile get a line of their own, the newest twenty of an interval.`,
		Example: `  levels queue tail
  levels queue tail --interval 10s --name mail | tee mail.log`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(inRange("interval", interval, 100*time.Millisecond, time.Hour), inRange("count", count, 0, math.MaxInt32)); err != nil {
				return err
			}
			return f.use(cmd.Context(), func(ctx context.Context, q *queue.Queue) error {
				signal.Ignore(syscall.SIGPIPE) // if nobody reads on, that is an error of a write, and the end
				t := tail{queue: q, json: f.json}
				if err := t.follow(ctx, interval, count); !errors.Is(err, syscall.EPIPE) {
					return err
				}
				return nil
			})
		},
	}
	f.define(cmd)
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "between two lines")
	cmd.Flags().IntVar(&count, "count", 0, "end after so many lines; 0 means never")
	return cmd
}

// A tail follows a queue.
type tail struct {
	queue *queue.Queue
	json  bool
	lines int
}

func (t *tail) follow(ctx context.Context, interval time.Duration, count int) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	before, err := t.queue.Info(ctx)
	if err != nil {
		return err
	}
	for now := before; ; {
		if err := t.print(ctx, before, now); err != nil {
			return err
		}
		if t.lines == count {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		before = now
		if now, err = t.queue.Info(ctx); err != nil {
			return err
		}
	}
}

// print prints the line of an interval, and before it those of jobs that died.
func (t *tail) print(ctx context.Context, before, now queue.Info) error {
	if err := t.printDied(ctx, before, now); err != nil {
		return err
	}
	t.lines++
	s := speedOf(before, now)
	if t.json {
		return printJSON(infoJSON(now, s))
	}
	if t.lines%20 == 1 {
		if _, err := fmt.Printf("%-8s %8s %8s %8s %7s %8s %8s %7s %7s\n", "time", "ready", "running", "deferred", "dead", "done/s", "failed/s", "oldest", "workers"); err != nil {
			return err
		}
	}
	note := ""
	if now.Paused {
		note = " PAUSED"
	}
	_, err := fmt.Printf("%s %8d %8d %8d %7d %8s %8s %7s %7d%s\n", clockText(now.At), now.Ready, now.Running, now.Deferred, now.Dead, s.text(s.done), s.text(s.failed), oldest(now.ShardInfo), now.Workers, note)
	return err
}

func clockText(t time.Time) string { return t.Format(time.TimeOnly) }

// printDied prints the jobs that died from one look up to the next. What died in
// the millisecond of a look is the next one's: there may be more to come in it.
func (t *tail) printDied(ctx context.Context, before, now queue.Info) error {
	if now.Dead == 0 {
		return nil
	}
	const most = 20
	letters, err := t.queue.DeadLetters(ctx, 2*most)
	if err != nil {
		return err
	}
	var died []queue.JobInfo
	for _, l := range letters {
		if !l.Died.Before(before.At) && l.Died.Before(now.At) && len(died) < most {
			died = append(died, l)
		}
	}
	for i := range died {
		l := died[len(died)-1-i] // the oldest first
		if t.json {
			err = printJSON(map[string]any{"died": letterJSON(l)})
		} else {
			row := fmt.Sprintf("%s died %s %s: %s", clockText(l.Died), l.ID, l.Task, l.Error)
			_, err = fmt.Println(line(row, max(columns(), 40)))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
