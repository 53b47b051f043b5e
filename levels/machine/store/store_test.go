package store_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/store"
)

const role = "STORE_TEST_ROLE"

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	switch os.Getenv(role) {
	case "":
		goleak.VerifyTestMain(m)
	case "dies":
		os.Stderr.WriteString("out of luck\n")
		os.Exit(7)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() { io.Copy(io.Discard, os.Stdin); cancel() }()
	if err := store.ServeEmbedded(ctx, os.Stdout); err != nil {
		panic(err)
	}
}

func config() store.Config { return playing("embedded") }

func playing(play string) store.Config {
	return store.Config{Embedded: []string{os.Args[0]}, Env: append(os.Environ(), role+"="+play)}
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
	ping, closePing, err := store.Pinger(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer closePing()
	if err := ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := ping(t.Context()); err == nil {
		t.Error("a closed store answers a ping")
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

// What is not a store says why, and leaves nothing behind.
func TestImpostors(t *testing.T) {
	path := t.TempDir()
	if err := os.Symlink(os.Args[0], filepath.Join(path, "redis-server")); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	before := goleak.IgnoreCurrent()
	dying := playing("dies")
	for name, test := range map[string]struct {
		path   string
		config store.Config
		want   string
	}{
		"dying server":   {path, dying, "exit status 7: out of luck"},
		"dying stand-in": {"", dying, "exit status 7: out of luck"},
		"not a Redis":    {"", store.Config{URL: strings.Replace(web.URL, "http", "redis", 1)}, "reach Redis at 127.0.0.1"},
		"nothing":        {"", store.Config{}, "no Redis: give the URL of one, or install redis-server"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", test.path)
			s, err := store.Open(t.Context(), test.config)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v, want one line with %q", err, test.want)
			}
		})
	}
	goleak.VerifyNone(t, before)
}

func TestEndedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	before := goleak.IgnoreCurrent()
	for name, only := range map[string]bool{"embedded": true, "private": false} {
		c := config()
		c.Only = only
		s, err := store.Open(ctx, c)
		if err == nil {
			s.Close()
			t.Errorf("%s: a store was opened though ctx had ended", name)
		}
	}
	goleak.VerifyNone(t, before)
}

// The first of the names that is on PATH is the server.
func TestServer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", dir)
	if got := store.Server(); got != "" {
		t.Errorf("nothing on PATH: %q", got)
	}
	for _, name := range []string{"valkey-server", "redis-server"} {
		path := filepath.Join(dir, name)
		if err := os.Symlink(os.Args[0], path); err != nil {
			t.Fatal(err)
		}
		if got := store.Server(); got != path {
			t.Errorf("server is %q, want %q", got, path)
		}
	}
}
