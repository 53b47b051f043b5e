package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
)

// A private server keeps what it is set to keep, where it is told to, though it crashes:
// for one that is started again, and for another one.
func TestSettings(t *testing.T) {
	if store.Server() == "" {
		t.Skip("no redis-server is installed: nothing can be said about its settings")
	}
	c := store.Config{Dir: t.TempDir(), Settings: []string{"appendonly yes", "appendfsync always"}}
	s := opened(t, c)
	if got := swap(t, s, "first"); got != "" {
		t.Errorf("a new one has %q", got)
	}
	crash(t, s)
	url := s.URL
	if err := s.Restart(t.Context()); err != nil || s.URL != url {
		t.Fatalf("%v, at %q, before at %q", err, s.URL, url)
	}
	if got := swap(t, s, "second"); got != "first" {
		t.Errorf("started again it has %q", got)
	}
	crash(t, s)
	if got := swap(t, opened(t, c), "third"); got != "second" {
		t.Errorf("another one has %q", got)
	}
}

func opened(t *testing.T, c store.Config) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func client(t *testing.T, s *store.Store) *redis.Client {
	t.Helper()
	o, err := queue.Options(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(o)
	t.Cleanup(func() { rdb.Close() })
	return rdb
}

// swap sets the key, and returns what it was.
func swap(t *testing.T, s *store.Store, to string) string {
	t.Helper()
	rdb := client(t, s)
	was, err := rdb.SetArgs(t.Context(), "key", to, redis.SetArgs{Get: true}).Result()
	for until := time.Now().Add(10 * time.Second); redis.HasErrorPrefix(err, "LOADING") && time.Now().Before(until); {
		was, err = rdb.SetArgs(t.Context(), "key", to, redis.SetArgs{Get: true}).Result()
	}
	if err != nil && err != redis.Nil {
		t.Fatal(err)
	}
	return was
}

func crash(t *testing.T, s *store.Store) {
	t.Helper()
	s.Crash()
	if err := client(t, s).Ping(t.Context()).Err(); err == nil {
		t.Error("it answers after a crash")
	}
}

// A private server may log as much as it likes, and what it logged last is told when it is
// dead.
func TestLog(t *testing.T) {
	if store.Server() == "" {
		t.Skip("no redis-server is installed: nothing can be said about its log")
	}
	s := opened(t, store.Config{})
	if err := s.Died(); err != nil {
		t.Errorf("it is said to be dead: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	const log = "for n = 1, 200 do redis.log(redis.LOG_WARNING, string.rep('much ', 150)) end redis.log(redis.LOG_WARNING, 'the last words') return 1"
	if err := client(t, s).Eval(ctx, log, nil).Err(); err != nil {
		t.Errorf("whoever logs 150 KB stands still: %v", err)
	}
	s.Crash()
	if err := s.Died(); err == nil || !strings.Contains(err.Error(), "the last words") {
		t.Errorf("it died, and that is all: %v", err)
	}
}

// Who asks for settings where they would mean nothing is told.
func TestSettingsOfNone(t *testing.T) {
	only := config()
	only.Only = true
	for name, c := range map[string]store.Config{"a URL": {URL: "redis://127.0.0.1:1"}, "the stand-in": only} {
		dir := c
		dir.Dir, c.Settings = t.TempDir(), []string{"appendonly yes"}
		for _, c := range []store.Config{c, dir} {
			if s, err := store.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "settings") {
				t.Errorf("%s: %v, %v, want an error", name, s, err)
			}
		}
	}
	absent := store.Config{Dir: t.TempDir() + "/absent"}
	if s, err := store.Open(t.Context(), absent); err == nil || store.Server() != "" && !strings.Contains(err.Error(), "folder for it: ") {
		t.Errorf("in a folder that is not there: %v, %v", s, err)
	}
	s := opened(t, only)
	if err := s.Restart(t.Context()); err == nil {
		t.Error("the stand-in was started again")
	}
}
