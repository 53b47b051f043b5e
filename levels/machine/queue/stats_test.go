package queue_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A burst ends when nothing is ready: what is tried again at once still runs,
// what is deferred stays.
func TestBurst(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{Shards: 2})
		w := r.worker(q, queue.WorkerConfig{Burst: true, Concurrency: 2})
		queue.Handle(w, double, func(ctx context.Context, n int) (int, error) {
			if queue.AttemptOf(ctx).Try < 3 {
				return 0, queue.Retry(errEnough, 0)
			}
			return 0, nil
		})
		if _, err := double.EnqueueMany(r.Context(), q, upTo(20), queue.Track()); err != nil {
			r.Fatal(err)
		}
		later, err := double.Enqueue(r.Context(), q, 1, queue.In(time.Hour))
		if err != nil {
			r.Fatal(err)
		}
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		if s := w.Stats(); s.Done != 20 || s.Retried != 40 {
			r.Errorf("%d done, %d retried, want 20 and 40", s.Done, s.Retried)
		}
		if ok, err := later.Abort(r.Context()); !ok || err != nil {
			r.Errorf("the deferred one: %v, %v", ok, err)
		}
	})
}

func TestStats(t *testing.T) {
	all(t, func(r *rig) {
		q := r.open(queue.Config{})
		w := r.worker(q, queue.WorkerConfig{Burst: true})
		queue.Handle(w, echo, func(_ context.Context, s string) (string, error) {
			return "", map[string]error{"dead": queue.Fatal(errEnough), "slow": queue.Retry(errEnough, time.Hour)}[s]
		})
		ids := []string{"a", "b", "c", "d", "e", "f"}
		verdicts, err := echo.EnqueueMany(r.Context(), q, []string{"", "", "", "dead", "dead", "slow"}, queue.IDs(ids...))
		if err != nil {
			r.Fatal(err)
		}
		if s := w.Stats(); s.Took.TotalCount() != 0 || s.Done != 0 {
			r.Errorf("before it runs: %+v", s)
		}
		if err := w.Run(r.Context()); err != nil {
			r.Error(err)
		}
		s := w.Stats()
		if s.Running != 0 || s.Done != 3 || s.Dead != 2 || s.Retried != 1 || s.Returned != 0 || s.Lost != 0 || s.Took.TotalCount() != 6 || s.Took.Max() < 1 {
			r.Errorf("got %+v", s)
		}
		s.Took.Reset()
		if n := w.Stats().Took.TotalCount(); n != 6 {
			r.Errorf("who has the histogram has the worker's own: %d tries in it", n)
		}
		if ok, err := verdicts[5].Job.Abort(r.Context()); !ok || err != nil {
			r.Errorf("abort: %v, %v", ok, err)
		}
		if n, err := q.DropAll(r.Context()); n != 2 || err != nil {
			r.Errorf("dropped %d, %v", n, err)
		}
	})
}

// What goes wrong is logged, and what goes well too if somebody wants to know.
func TestLogger(t *testing.T) {
	for level, want := range map[slog.Level]string{slog.LevelDebug: "WARN failed, ERROR dead, DEBUG ended", slog.LevelInfo: "WARN failed, ERROR dead"} {
		all(t, func(r *rig) {
			q := r.open(queue.Config{})
			var text bytes.Buffer
			w := r.worker(q, queue.WorkerConfig{Concurrency: 1, Logger: slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: level}))})
			queue.Handle(w, echo, func(ctx context.Context, s string) (string, error) {
				if s == "fail" {
					return "", queue.Retry(errEnough, 0)
				}
				return s, nil
			})
			stop := r.work(w)
			echo.Call(r.Context(), q, "fail", queue.MaxTries(2))
			echo.Call(r.Context(), q, "well")
			stop()
			var got []string
			for line := range strings.Lines(text.String()) {
				_, line, _ = strings.Cut(line, "level=")
				if words := strings.Fields(strings.ReplaceAll(line, `"`, "")); strings.Contains(line, "task=echo") {
					got = append(got, words[0]+" "+words[slices.IndexFunc(words, func(w string) bool { return strings.HasPrefix(w, "task=") })-1])
				}
			}
			if text := strings.Join(got, ", "); text != want {
				r.Errorf("level %v: %s, want %s", level, text, want)
			}
		})
	}
}
