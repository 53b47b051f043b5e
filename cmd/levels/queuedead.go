package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

func newQueueDead() *cobra.Command {
	var f queueFlags
	var limit int
	cmd := &cobra.Command{
		Use:   "dead [ID]",
		Short: "list the dead letters, or show one",
		Long: `dead lists the dead letters of a queue, the newest first, with their tries, their
age and their last error. With an id it shows that one whole, and what it was given
to do.`,
		Example: `  levels queue dead --limit 100
  levels queue dead k3jx0q7n5vdm-1z
  levels queue dead --json | jq -r '.[] | select(.task == "mail.send") | .id'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("unexpected argument %.80q: dead takes one id", args[1])}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := inRange("limit", limit, 1, 1_000_000); err != nil {
				return err
			}
			if len(args) == 1 {
				if err := unused(cmd, "with an id, which shows one", "limit"); err != nil {
					return err
				}
			}
			return f.use(cmd.Context(), func(ctx context.Context, q *queue.Queue) error {
				if len(args) == 1 {
					return showDead(ctx, q, args[0], f.json)
				}
				return listDead(ctx, q, limit, f.json)
			})
		},
	}
	f.define(cmd)
	cmd.Flags().IntVar(&limit, "limit", 20, "how many to list")
	return cmd
}

func listDead(ctx context.Context, q *queue.Queue, limit int, asJSON bool) error {
	info, err := q.Info(ctx)
	if err != nil {
		return err
	}
	letters, err := q.DeadLetters(ctx, limit)
	if err != nil {
		return err
	}
	if asJSON {
		list := []any{}
		for _, l := range letters {
			list = append(list, letterJSON(l))
		}
		return printJSON(list)
	}
	if len(letters) == 0 {
		fmt.Fprintln(stdout, "no dead letters")
		return nil
	}
	printLetters(letters, info.At)
	if len(letters) < info.Dead {
		fmt.Fprintf(stdout, "\n%d of %d, the newest: --limit %d lists all\n", len(letters), info.Dead, info.Dead)
	}
	return nil
}

// printLetters prints a table. It cuts errors, but no id, for that may be needed:
// where one leaves no room, the error gets a line of its own.
func printLetters(letters []queue.JobInfo, now time.Time) {
	id, task := 2, 4
	for _, l := range letters {
		id, task = max(id, min(len(l.ID), 20)), max(task, min(len(l.Task), 16))
	}
	fmt.Fprintf(stdout, "%-*s %5s %6s  %-*s  last error\n", id, "id", "tries", "died", task, "task")
	for _, l := range letters {
		row := fmt.Sprintf("%-*s %5s %6s  %-*s", id, printable(l.ID), fmt.Sprintf("%d/%d", l.Tries, l.MaxTries), age(max(now.Sub(l.Died), 0)), task, line(l.Task, task))
		gap := "  "
		room := columns() - utf8.RuneCountInString(row+gap)
		if room < 20 {
			gap, room = "\n    ", columns()-4
		}
		fmt.Fprintln(stdout, row+gap+line(l.Error, room))
	}
}

// mostPayload is how much of a payload is shown: about a screen.
const mostPayload = 2000

func showDead(ctx context.Context, q *queue.Queue, id string, asJSON bool) error {
	l, err := queue.Find[any](q, id).Info(ctx)
	switch {
	case err != nil:
		return err
	case l.Status == queue.Unknown:
		return noLetter(q, id)
	case l.Status != queue.Dead:
		return fmt.Errorf("job %.80q of queue %s is not dead, but %s", id, q.Name(), l.Status)
	case asJSON:
		v := letterJSON(l)
		if v["payload_bytes"] = len(l.Payload); utf8.Valid(l.Payload) {
			v["payload"] = string(l.Payload)
		} else {
			v["payload_base64"] = l.Payload
		}
		return printJSON(v)
	}
	const form = "%-9s %s\n"
	fmt.Fprintf(stdout, form, "id", printable(l.ID))
	fmt.Fprintf(stdout, form, "task", printable(l.Task))
	fmt.Fprintf(stdout, form, "tries", fmt.Sprintf("%d of %d", l.Tries, l.MaxTries))
	fmt.Fprintf(stdout, form, "enqueued", when(l.Enqueued))
	fmt.Fprintf(stdout, form, "died", when(l.Died))
	fmt.Fprintf(stdout, form, "error", strings.ReplaceAll(printable(l.Error), "\n", "\n"+strings.Repeat(" ", 10)))
	size := fmt.Sprintf("%d bytes", len(l.Payload))
	if len(l.Payload) > mostPayload {
		l.Payload = l.Payload[:mostPayload]
		size += fmt.Sprintf(", of which these are the first %d", mostPayload)
	}
	fmt.Fprintf(stdout, form, "payload", size)
	fmt.Fprintf(stdout, "\n%s\n", printable(string(l.Payload)))
	return nil
}

// when is a time, or what stands for one that could not be read.
func when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateTime)
}

func noLetter(q *queue.Queue, id string) error {
	return fmt.Errorf("queue %s has no dead letter %.80q", q.Name(), id)
}

// letterJSON is a dead letter as JSON, without its payload.
func letterJSON(l queue.JobInfo) map[string]any {
	return map[string]any{
		"id": l.ID, "task": l.Task, "tries": l.Tries, "max_tries": l.MaxTries,
		"enqueued": l.Enqueued, "died": l.Died, "error": l.Error,
	}
}

func newQueueRequeue() *cobra.Command {
	var f queueFlags
	var all, drop bool
	cmd := &cobra.Command{
		Use:   "requeue ID... | --all",
		Short: "let dead letters run again, or drop them",
		Long: `requeue puts dead letters back into the queue, where they have all their tries
again; with --drop it forgets them instead. It fails with exit code 1 if an id is
none of a dead letter, but sees to the others.`,
		Example: `  levels queue requeue k3jx0q7n5vdm-1z k3jx0q7n5vdm-20
  levels queue requeue --all
  levels queue requeue --all --drop --name mail`,
		Args: func(cmd *cobra.Command, args []string) error {
			if all == (len(args) > 0) {
				return usageError{errors.New("want either ids of dead letters, or --all: see levels queue dead")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, ids []string) error {
			return f.use(cmd.Context(), func(ctx context.Context, q *queue.Queue) error {
				n, err := revive(ctx, q, ids, drop)
				verb := "requeued"
				if drop {
					verb = "dropped"
				}
				if f.json {
					err = errors.Join(printJSON(map[string]int{verb: n}), err)
				} else {
					fmt.Fprintln(stdout, verb, n)
				}
				return err
			})
		},
	}
	f.define(cmd)
	cmd.Flags().BoolVar(&all, "all", false, "all dead letters that there are")
	cmd.Flags().BoolVar(&drop, "drop", false, "forget them instead")
	return cmd
}

// revive requeues or drops dead letters: all, if there are no ids.
func revive(ctx context.Context, q *queue.Queue, ids []string, drop bool) (n int, err error) {
	some, every := q.Requeue, q.RequeueAll
	if drop {
		some, every = q.Drop, q.DropAll
	}
	if len(ids) == 0 {
		return every(ctx)
	}
	var none []error
	for _, id := range ids {
		found, err := some(ctx, id)
		if err != nil {
			return n, err
		}
		if n += found; found == 0 {
			none = append(none, noLetter(q, id))
		}
	}
	return n, errors.Join(none...)
}
