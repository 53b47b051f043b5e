package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

func newQueueInfo() *cobra.Command {
	var f queueFlags
	var interval time.Duration
	cmd := &cobra.Command{
		Use:   "info",
		Short: "tell how a queue stands",
		Long: `info looks at a queue twice, and tells how many jobs are where, how many workers
live, how fast jobs end, and what the Redis is. The age of the oldest job counts
from when it was enqueued: one that was deferred, or tried before, is older than
it has been ready.`,
		Example: `  levels queue info
  levels queue info --name mail --shards 4 --json`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := inRange("interval", interval, 0, time.Hour); err != nil {
				return err
			}
			return f.use(cmd.Context(), func(ctx context.Context, q *queue.Queue) error {
				before, info, err := lookTwice(ctx, q, interval)
				if err != nil {
					return err
				}
				if f.json {
					return printJSON(infoJSON(info, speedOf(before, info)))
				}
				printInfo(info, speedOf(before, info), queue.Redact(f.url()))
				return nil
			})
		},
	}
	f.define(cmd)
	cmd.Flags().DurationVar(&interval, "interval", time.Second, "between the two looks; 0 takes only one")
	return cmd
}

// lookTwice looks at the queue, and again after a while if that is more than nothing.
func lookTwice(ctx context.Context, q *queue.Queue, interval time.Duration) (before, after queue.Info, err error) {
	if after, err = q.Info(ctx); err != nil || interval == 0 {
		return after, after, err
	}
	before = after
	select {
	case <-time.After(interval):
	case <-ctx.Done():
		return before, after, context.Cause(ctx)
	}
	after, err = q.Info(ctx)
	return before, after, err
}

// A speed is how fast jobs end, per second; none is known of one look.
type speed struct {
	known        bool
	done, failed float64
}

func speedOf(before, after queue.Info) speed {
	s := after.At.Sub(before.At).Seconds()
	if s <= 0 {
		return speed{}
	}
	per := func(n int) float64 { return float64(max(n, 0)) / s } // counters begin anew when a queue has been forgotten
	b, a := before.Counters, after.Counters
	return speed{true, per(a.Done - b.Done), per(a.Retried + a.Dead - b.Retried - b.Dead)}
}

// text is a speed with three digits, or as many as there are before the point.
func (s speed) text(v float64) string {
	switch {
	case !s.known:
		return "-"
	case v == 0 || v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

func printInfo(i queue.Info, s speed, url string) {
	ready, done, failed := "", "jobs", "tries"
	if i.Oldest > 0 {
		ready = "the oldest is " + age(i.Oldest) + " old"
	}
	if s.known {
		done += ", " + s.text(s.done) + " a second"
		failed += ", " + s.text(s.failed) + " a second"
	}
	if i.Paused {
		url += ": PAUSED"
	}
	fmt.Fprintf(stdout, "queue %s at %s\n\n", i.Name, url)
	for _, row := range []struct {
		name string
		n    int
		note string
	}{
		{"ready", i.Ready, ready},
		{"running", i.Running, fmt.Sprintf("on %d worker%s", i.Workers, plural(i.Workers))},
		{"deferred", i.Deferred, "until their time, or another try"},
		{"dead", i.Dead, "letters, see levels queue dead"},
		{"kept", i.Kept, "results"},
		{"done", i.Counters.Done, done},
		{"failed", i.Counters.Retried + i.Counters.Dead, failed},
		{"lost", i.Counters.Lost, "tries whose worker died"},
	} {
		fmt.Fprintln(stdout, strings.TrimRight(fmt.Sprintf("%-9s%12d   %s", row.name, row.n, row.note), " "))
	}
	printShards(i.Shards)
	fmt.Fprintf(stdout, "\n%s\n", storeText(i.Store))
	if i.ShardInfo == (queue.ShardInfo{Name: i.Name, At: i.At, Paused: i.Paused}) {
		fmt.Fprintln(stdout, "\nNothing is known of this queue: are --name and --shards right?")
	}
}

func printShards(shards []queue.ShardInfo) {
	if len(shards) > 0 {
		fmt.Fprintf(stdout, "\n%-5s %9s %9s %9s %9s %9s %9s %9s\n", "shard", "ready", "running", "deferred", "dead", "kept", "oldest", "workers")
	}
	for k, s := range shards {
		fmt.Fprintf(stdout, "%5d %9d %9d %9d %9d %9d %9s %9d\n", k, s.Ready, s.Running, s.Deferred, s.Dead, s.Kept, oldest(s), s.Workers)
	}
}

// oldest is the age of a shard's oldest job, if there is one.
func oldest(s queue.ShardInfo) string {
	if s.Oldest == 0 {
		return "-"
	}
	return age(s.Oldest)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func storeText(s queue.StoreInfo) string {
	if s.Version == "" {
		return "The store does not tell what it is."
	}
	log := "off: a restart forgets what came after the last snapshot"
	if s.AOF {
		log = "on"
	}
	text := fmt.Sprintf("%s, %.1f MB", s.Version, float64(s.Memory)/1e6)
	if s.MaxMemory > 0 {
		text += fmt.Sprintf(" of %.1f MB, %s when they are full", float64(s.MaxMemory)/1e6, s.Eviction)
		if s.Eviction != "noeviction" {
			text += "\n-> it may evict jobs: set maxmemory-policy noeviction"
		}
	}
	return text + "\nappend-only file " + log
}

// shardJSON is a shard, or the whole of a queue, as JSON.
func shardJSON(s queue.ShardInfo) map[string]any {
	c := s.Counters
	return map[string]any{
		"name": s.Name, "at": s.At, "paused": s.Paused,
		"ready": s.Ready, "running": s.Running, "deferred": s.Deferred, "dead": s.Dead, "kept": s.Kept,
		"workers": s.Workers, "oldest_s": s.Oldest.Seconds(),
		"total": map[string]int{"done": c.Done, "retried": c.Retried, "dead": c.Dead, "lost": c.Lost, "aborted": c.Aborted, "dropped": c.Dropped},
	}
}

func infoJSON(i queue.Info, s speed) map[string]any {
	v := shardJSON(i.ShardInfo)
	if s.known {
		v["done_per_s"], v["failed_per_s"] = s.done, s.failed
	}
	if len(i.Shards) > 0 {
		var shards []any
		for _, one := range i.Shards {
			shards = append(shards, shardJSON(one))
		}
		v["shards"] = shards
	}
	if i.Store.Version != "" {
		v["store"] = map[string]any{
			"version": i.Store.Version, "maxmemory_policy": i.Store.Eviction, "aof": i.Store.AOF,
			"used_memory_bytes": i.Store.Memory, "maxmemory_bytes": i.Store.MaxMemory,
		}
	}
	return v
}
