package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

func newQueue() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "queue",
		Short: "look after a queue: depth, health, dead letters",
		Long: `queue is for those who run programs that use the package levels/machine/queue: it
tells how a queue in Redis stands, watches it, pauses it, and sees to its dead
letters. A dead letter is a job that was given up: it failed for the last time, or
no worker knew its task. It stays until somebody requeues or drops it.`,
		Example: `  levels queue info
  levels queue check --max-age 5m --max-dead 100
  levels queue requeue --all
  REDIS_URL=redis://:secret@10.0.0.5:6379 levels queue tail --name mail`,
		Args: noSuchVerb,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newQueueInfo(), newQueueCheck(), newQueueDead(), newQueueRequeue(), newQueueTail(),
		newQueueSwitch("pause", "keep workers from taking jobs",
			`pause keeps the workers of a queue from taking jobs, until levels queue resume.
Jobs that run go on, and jobs may be left in the queue.`, (*queue.Queue).Pause),
		newQueueSwitch("resume", "let workers take jobs again",
			`resume ends a pause. Workers notice within a second.`, (*queue.Queue).Resume))
	return cmd
}

// newQueueSwitch makes pause or resume.
func newQueueSwitch(verb, short, long string, turn func(*queue.Queue, context.Context) error) *cobra.Command {
	var f queueFlags
	cmd := &cobra.Command{
		Use:     verb,
		Short:   short,
		Long:    long,
		Example: "  levels queue " + verb + " --name mail",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.use(cmd.Context(), func(ctx context.Context, q *queue.Queue) error {
				if err := turn(q, ctx); err != nil {
					return err
				}
				if f.json {
					return printJSON(map[string]any{"name": q.Name(), "paused": verb == "pause"})
				}
				_, err := fmt.Printf("%sd %s\n", verb, q.Name())
				return err
			})
		},
	}
	f.define(cmd)
	return cmd
}

// queueFlags say which queue is meant, and how to tell of it.
type queueFlags struct {
	redis, name string
	shards      int
	json        bool
}

func (f *queueFlags) define(cmd *cobra.Command) {
	redisFlag(cmd.Flags(), &f.redis, "REDIS_URL, or redis://127.0.0.1:6379")
	cmd.Flags().StringVar(&f.name, "name", "default", "name of the queue")
	cmd.Flags().IntVar(&f.shards, "shards", 1, "parts that the queue is divided into")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

func (f *queueFlags) url() string { return cmp.Or(f.redis, "redis://127.0.0.1:6379") }

func (f *queueFlags) check() error {
	if _, err := queue.Options(f.url()); err != nil {
		return usage("redis", err)
	}
	strange := func(r rune) bool { return r <= ' ' || r == 0x7f || r == '{' || r == '}' }
	if f.name == "" || len(f.name) > 128 || strings.ContainsFunc(f.name, strange) {
		return usage("name", fmt.Errorf("%.80q: want up to 128 bytes without spaces and braces", f.name))
	}
	return inRange("shards", f.shards, 1, 1024)
}

// use opens the queue for do. What is wrong with Redis is a matter of the
// environment.
func (f *queueFlags) use(ctx context.Context, do func(context.Context, *queue.Queue) error) error {
	if err := f.check(); err != nil {
		return err
	}
	slog.SetDefault(slog.New(notes{os.Stderr})) // what Open would warn of, info shows
	patient, cancel := context.WithTimeout(ctx, 4*time.Second)
	q, err := queue.Open(patient, f.url(), queue.Config{Name: f.name, Shards: f.shards})
	cancel()
	if err != nil {
		return cmp.Or(context.Cause(ctx), bench.Environment(err))
	}
	defer q.Close()
	if err = do(ctx, q); errors.Is(err, queue.ErrUnknown) || errors.Is(err, queue.ErrRefused) {
		err = bench.Environment(err)
	}
	if err != nil {
		return cmp.Or(context.Cause(ctx), err)
	}
	return nil
}

// printJSON prints a value on one line, as jq takes it.
func printJSON(v any) error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return out.Encode(v)
}

// age is a duration in at most six letters: 87ms, 3.2s, 3m12s, 5h03m, 12d.
func age(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1fs", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 100*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

// printable replaces what a terminal would not show, or obey. Lines stay.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == '\n' || unicode.IsPrint(r) && r != unicode.ReplacementChar:
			return r
		}
		return '.'
	}, s)
}

// line is a text on one line, of at most n letters.
func line(s string, n int) string {
	text := []rune(strings.Join(strings.Fields(printable(s)), " "))
	if len(text) <= n {
		return string(text)
	}
	return string(text[:max(n-1, 0)]) + "…"
}

// columns is the width of the terminal, or what one had when this was decided.
func columns() int {
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		return width
	}
	return 80
}
