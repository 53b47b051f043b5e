package store_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store"
)

// A private server keeps what it is set to keep, where it is told to, though it crashes.
func TestSettings(t *testing.T) {
	if store.Server() == "" {
		t.Skip("no redis-server is installed: nothing can be said about its settings")
	}
	c := store.Config{Dir: t.TempDir(), Settings: []string{"appendonly yes", "appendfsync always"}}
	for turn, want := range []string{"", "kept"} {
		s, err := store.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		o, err := queue.Options(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		rdb := redis.NewClient(o)
		defer rdb.Close()
		got, err := rdb.Get(t.Context(), "key").Result()
		for until := time.Now().Add(10 * time.Second); redis.HasErrorPrefix(err, "LOADING") && time.Now().Before(until); {
			got, err = rdb.Get(t.Context(), "key").Result()
		}
		if got != want || err != nil && err != redis.Nil {
			t.Errorf("turn %d: %q, %v, want %q", turn, got, err, want)
		}
		if err := rdb.Set(t.Context(), "key", "kept", 0).Err(); err != nil {
			t.Error(err)
		}
		s.Crash()
		if err := rdb.Ping(t.Context()).Err(); err == nil {
			t.Error("it answers after a crash")
		}
	}
}
