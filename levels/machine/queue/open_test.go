package queue_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

const canary = "CANARY-7f3a"

// oneLine checks that an error has one line, and no password in it.
func oneLine(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
	} else if text := err.Error(); strings.Contains(text, canary) || strings.Contains(text, "\n") || !strings.Contains(text, want) {
		t.Errorf("%s: %q, want one line with %q and without a password", what, text, want)
	}
}

func TestPasswordsStayOutOfErrors(t *testing.T) {
	for _, url := range []string{
		"redis://user:" + canary + "@127.0.0.1:badport",
		"redis://user:" + canary + "@127.0.0.1:6379/db",
		"redis://user:" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1",
		"redis://" + canary + "@127.0.0.1:1",
		"rediss://:" + canary + "@127.0.0.1:1",
		"redis://:" + canary + "%zz@127.0.0.1:1",
		"redis://:" + canary + "/x@127.0.0.1:1",
		"redis://:" + canary + "#x@127.0.0.1:1",
		"redis://:" + canary + "@127.0.0.1:1?read_timeout=x",
		"redis://:" + canary + "@127.0.0.1:1?nonsense=1",
		"redis://:" + canary,
		"redis://user:" + canary + "@ho st",
		"http://user:" + canary + "@host",
		"user:" + canary + "@host:6379",
		":" + canary + "@host:6379",
		"unix://user:" + canary + "@",
		"unix://user:" + canary + "@/no/such/socket",
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		_, err := queue.Open(ctx, url, queue.Config{})
		cancel()
		oneLine(t, strings.ReplaceAll(url, canary, "***"), err, "")
	}
}

func TestWrongPassword(t *testing.T) {
	each(t, func(r *rig) {
		_, host, _ := strings.Cut(r.URL, "@")
		_, err := queue.Open(r.Context(), "redis://:"+canary+"@"+host, queue.Config{})
		oneLine(r.T, "a wrong password", err, "WRONGPASS")
		_, err = queue.Open(r.Context(), "redis://"+host, queue.Config{})
		oneLine(r.T, "no password", err, "NOAUTH")
		if !errors.Is(err, queue.ErrRefused) {
			r.Errorf("err = %v, want %v", err, queue.ErrRefused)
		}
	})
}

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"redis://host:6379/1":         "redis://host:6379/1",
		"redis://user:pw@host:6379/1": "redis://***@host:6379/1",
		"redis://:p@w@host":           "redis://***@host",
		"redis://:pw#x@host":          "redis://***@host",
		"redis://:pw":                 "redis://…",
		"user:pw@host:6379":           "***@host:6379",
		"localhost:6379":              "localhost:6379",
	} {
		if got := queue.Redact(url); got != want {
			t.Errorf("Redact(%q) = %q, want %q", url, got, want)
		}
	}
}

// Where nobody answers there is one clear error, within the five seconds that
// are promised. The limit here is wider, for machines that are busy.
func TestAbsent(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begun := time.Now()
	open := func(where string) <-chan result[*queue.Queue] {
		return in(func() (*queue.Queue, error) {
			return queue.Open(t.Context(), "redis://:"+canary+"@"+where, queue.Config{})
		})
	}
	nobodyListens, nobodyAnswers := open("127.0.0.1:1"), open(l.Addr().String())
	oneLine(t, "nobody listens", (<-nobodyListens).err, "Redis at 127.0.0.1:1:")
	oneLine(t, "nobody answers", (<-nobodyAnswers).err, "Redis at "+l.Addr().String())
	if d := time.Since(begun); d > 9*time.Second {
		t.Errorf("Open takes %v", d)
	}
}

// A Redis that goes away: jobs are not enqueued, callers know within seconds, and
// sooner if their ctx ends.
func TestGone(t *testing.T) {
	on(t, "mem://", func(r *rig) {
		m := miniredis.NewMiniRedis()
		m.RequireAuth(canary)
		if err := m.Start(); err != nil {
			r.Fatal(err)
		}
		r.Cleanup(m.Close)
		where := m.Addr()
		q := r.openAt("redis://:"+canary+"@"+where, queue.Config{})
		var log bytes.Buffer
		stop := r.work(r.worker(q, queue.WorkerConfig{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}))
		m.SetError("LOADING it is not there yet") // an answer that passes by itself: it is asked again
		soon, cancel := context.WithTimeoutCause(r.Context(), 100*time.Millisecond, errEnough)
		defer cancel()
		begun := time.Now()
		_, err := echo.Enqueue(soon, q, "job")
		if d := time.Since(begun); !errors.Is(err, errEnough) || d > 3*time.Second {
			r.Errorf("Enqueue with little time: %v after %v, want %v", err, d, errEnough)
		}
		begun = time.Now()
		_, err = echo.Call(soon, q, "job")
		if d := time.Since(begun); !errors.Is(err, errEnough) || d > 4*time.Second { // it tries to take the job back
			r.Errorf("Call with no time: %v after %v, want %v", err, d, errEnough)
		}
		m.SetError("")
		m.Close()
		begun = time.Now()
		_, err = echo.Enqueue(r.Context(), q, "job")
		oneLine(r.T, "Enqueue", err, "Redis at "+where)
		if d := time.Since(begun); d > 9*time.Second {
			r.Errorf("Enqueue takes %v", d)
		}
		stop()
		if text := log.String(); !strings.Contains(text, "Redis is away") || strings.Contains(text, canary) {
			r.Errorf("the worker's log: %s", text)
		}
	})
}
