package store_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/machine/store"
)

const role = "STORE_TEST_ROLE"

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	if os.Getenv(role) == "" {
		os.Exit(m.Run())
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	if err := store.ServeEmbedded(ctx, os.Stdout); err != nil {
		panic(err)
	}
}

func config() store.Config {
	return store.Config{Embedded: []string{os.Args[0]}, Env: append(os.Environ(), role+"=embedded")}
}

// check uses the store, closes it, and sees that it is gone.
func check(t *testing.T, c store.Config, name string) {
	s, err := store.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.Name, name) {
		t.Errorf("name = %q, want %s...", s.Name, name)
	}
	o, err := redis.ParseURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	o.MaxRetries = -1
	rdb := redis.NewClient(o)
	defer rdb.Close()
	if err := rdb.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Error(err)
	}
	stranger := redis.NewClient(&redis.Options{Addr: o.Addr, MaxRetries: -1})
	defer stranger.Close()
	if err := stranger.Get(t.Context(), "key").Err(); err == nil || !strings.Contains(err.Error(), "NOAUTH") {
		t.Errorf("without the password: %v, want NOAUTH", err)
	}
	again, err := store.Open(t.Context(), store.Config{URL: s.URL})
	if err != nil || again.Name != s.Name || again.Pid() != 0 {
		t.Errorf("the same store, given by URL: %+v, %v", again, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := rdb.Ping(t.Context()).Err(); err == nil {
		t.Error("the store answers after Close")
	}
}

func TestEmbedded(t *testing.T) {
	c := config()
	c.Only = true
	check(t, c, store.Embedded)
}

// Where no server is installed, this is the embedded store once more.
func TestPrivate(t *testing.T) {
	want := store.Embedded
	if store.Server() != "" {
		want = "redis-"
		if strings.HasSuffix(store.Server(), "valkey-server") {
			want = "valkey-"
		}
	}
	t.Logf("server on PATH: %q, so the store is %s", store.Server(), want)
	check(t, config(), want)
}

func TestFailures(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	const secret = "CANARY-7f3a"
	for name, c := range map[string]store.Config{
		"refused":     {URL: "redis://:" + secret + "@127.0.0.1:1"},
		"bad port":    {URL: "redis://user:" + secret + "@host:badport"},
		"bad scheme":  {URL: "http://user:" + secret + "@host"},
		"not a URL":   {URL: "redis://user:" + secret + "@ho st"},
		"no embedded": {Embedded: []string{"./no such program"}, Only: true},
	} {
		_, err := store.Open(ctx, c)
		if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: err = %v, want one line without the password", name, err)
		}
	}
}
