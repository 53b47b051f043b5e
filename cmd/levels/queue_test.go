package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

var scriptTask = queue.NewTask[string, string]("script.task", queue.MaxTries(3))

// inQueue opens a queue of the script's REDIS_URL.
func inQueue(ts *testscript.TestScript, name string, do func(context.Context, *queue.Queue) error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	q, err := queue.Open(ctx, ts.Getenv("REDIS_URL"), queue.Config{Name: name})
	ts.Check(err)
	defer q.Close()
	ts.Check(do(ctx, q))
}

// jobs QUEUE ID... leaves jobs there, each with its id as what it is given.
func leaveJobs(ts *testscript.TestScript, neg bool, args []string) {
	inQueue(ts, args[0], func(ctx context.Context, q *queue.Queue) error {
		_, err := scriptTask.EnqueueMany(ctx, q, args[1:], queue.IDs(args[1:]...))
		return err
	})
}

// die QUEUE gives up all jobs that are ready there.
func letDie(ts *testscript.TestScript, neg bool, args []string) {
	inQueue(ts, args[0], func(ctx context.Context, q *queue.Queue) error {
		w := queue.NewWorker(q, queue.WorkerConfig{Burst: true, Logger: slog.New(slog.DiscardHandler)})
		queue.Handle(w, scriptTask, func(_ context.Context, in string) (string, error) {
			return "", queue.Fatal(errors.New("no such mailbox:\n\x1b[31m" + in + " " + strings.Repeat("and so on ", 30)))
		})
		return w.Run(ctx)
	})
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0ms", 87654 * time.Microsecond: "87ms", 999 * time.Millisecond: "999ms", 3250 * time.Millisecond: "3.2s", 9999 * time.Millisecond: "9.9s",
		59999 * time.Millisecond: "59s", 192 * time.Second: "3m12s", 3599 * time.Second: "59m59s",
		5*time.Hour + 3*time.Minute: "5h03m", 99 * time.Hour: "99h00m", 300 * time.Hour: "12d",
	} {
		if got := age(d); got != want || len(got) > 6 {
			t.Errorf("%v is %s, want %s", d, got, want)
		}
	}
}

func TestPrintable(t *testing.T) {
	const text = "ä\t\x1b[31m\x00\u202e\xff\nb"
	if got, want := printable(text), "ä .[31m...\nb"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for n, want := range map[int]string{20: "ä .[31m... b", 12: "ä .[31m... b", 11: "ä .[31m...…", 1: "…"} {
		if got := line(text, n); got != want {
			t.Errorf("in %d letters: %q, want %q", n, got, want)
		}
	}
}

func TestWhen(t *testing.T) {
	if got := when(time.Time{}); got != "-" {
		t.Errorf("no time is %q", got)
	}
	if got := when(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)); got != "2026-01-02 03:04:05" {
		t.Errorf("got %q", got)
	}
}

func TestSpeed(t *testing.T) {
	var before, after queue.Info
	if s := speedOf(before, after); s.known || s.text(0) != "-" {
		t.Errorf("of one look: %+v", s)
	}
	after.At = before.At.Add(2 * time.Second)
	after.Counters = queue.Counters{Done: 5000, Retried: 3, Dead: 1}
	if got, want := speedOf(before, after), (speed{true, 2500, 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	before.Counters.Done = 6000 // and then it was forgotten
	s := speedOf(before, after)
	if s.done != 0 {
		t.Errorf("got %+v", s)
	}
	for v, want := range map[float64]string{0: "0", 0.123: "0.12", 2: "2.00", 12.34: "12.3", 123.4: "123", 123456: "123456"} {
		if got := s.text(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}

func TestStoreText(t *testing.T) {
	full := queue.StoreInfo{Version: "redis-7.0.15", Eviction: "allkeys-lru", AOF: true, Memory: 1_250_000, MaxMemory: 64_000_000}
	for want, s := range map[string]queue.StoreInfo{
		"The store does not tell what it is.": {},
		"redis-7.0.15, 1.2 MB of 64.0 MB, allkeys-lru when they are full\n-> it may evict jobs: set maxmemory-policy noeviction\nappend-only file on": full,
		"valkey-8.0.1, 2.0 MB\nappend-only file off: a restart forgets what came after the last snapshot":                                             {Version: "valkey-8.0.1", Eviction: "allkeys-lru", Memory: 2_000_000},
	} {
		if got := storeText(s); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}
