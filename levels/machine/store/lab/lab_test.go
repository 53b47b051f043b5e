package lab_test

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

// leaves skips where there is no server, and checks that nothing stays behind.
func leaves(t *testing.T) {
	if missing := lab.Needs(); missing != "" {
		t.Skip(missing)
	}
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

func closes(t *testing.T, c interface{ Close() error }) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A pair replicates until its cable is cut, and the replica takes over what it has.
func TestPair(t *testing.T) {
	leaves(t)
	pair, err := lab.StartPair(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closes(t, pair)
	conn := pair.Primary.Conn()
	defer conn.Close()
	copies := func(patience time.Duration) int64 {
		conn.Incr(t.Context(), "n")
		return conn.Wait(t.Context(), 1, patience).Val()
	}
	if n := copies(10 * time.Second); n != 1 {
		t.Errorf("%d copies with the cable, want 1", n)
	}
	pair.Cut()
	if n := copies(20 * time.Millisecond); n != 0 {
		t.Errorf("%d copies without the cable, want 0", n)
	}
	if err := pair.FailOver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := pair.Replica.Incr(t.Context(), "n").Result(); n != 2 || err != nil {
		t.Errorf("the replica has counted to %d, %v, want 2", n, err)
	}
	if err := pair.Primary.Ping(t.Context()).Err(); err == nil {
		t.Error("the primary is alive")
	}
}

// Each fault is what it says: of the command, and of what the client is told.
func TestLine(t *testing.T) {
	leaves(t)
	server, err := lab.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closes(t, server)
	var line lab.Line
	client := line.Client(server)
	closes(t, client)
	count := 0
	for _, test := range []struct {
		fault         lab.Fault
		told, carried bool
	}{{lab.None, true, true}, {lab.Unsent, false, false}, {lab.Unanswered, false, true}, {lab.None, true, true}} {
		line.Set(func(n int) lab.Fault {
			if n == 1 { // the second command
				return test.fault
			}
			return lab.None
		})
		if err := client.Ping(t.Context()).Err(); err != nil {
			t.Error(err)
		}
		if err := client.Incr(t.Context(), "n").Err(); (err == nil) != test.told {
			t.Errorf("fault %d: err = %v", test.fault, err)
		}
		if test.carried {
			count++
		}
		if n, err := server.Get(t.Context(), "n").Int(); n != count || err != nil {
			t.Errorf("fault %d: it has counted to %d, %v, want %d", test.fault, n, err, count)
		}
	}
}

// A server is back where it was, and has forgotten all if it has nothing on disk.
func TestRestart(t *testing.T) {
	leaves(t)
	server, err := lab.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closes(t, server)
	if err := server.Set(t.Context(), "key", "value", 0).Err(); err != nil {
		t.Fatal(err)
	}
	url := server.URL()
	server.Crash()
	if err := server.Restart(t.Context()); err != nil || server.URL() != url {
		t.Fatalf("%v, at %q, before at %q", err, server.URL(), url)
	}
	if n, err := server.Exists(t.Context(), "key").Result(); n != 0 || err != nil {
		t.Errorf("%d keys, %v, want none", n, err)
	}
	if _, err := lab.Start(t.Context(), "no such setting"); err == nil {
		t.Error("a server was started with a setting that there is not")
	}
}

// Of a server that is dead it is said what it died of, and that its folder has no room.
func TestDied(t *testing.T) {
	leaves(t)
	t.Setenv("TMPDIR", t.TempDir())
	server, err := lab.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closes(t, server)
	if err := server.Died(); err != nil {
		t.Errorf("it lives: %v", err)
	}
	server.Crash()
	if err := server.Died(); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is dead, and there is room: %v", err)
	}
	if err := os.RemoveAll(os.Getenv("TMPDIR")); err != nil {
		t.Fatal(err)
	}
	if err := server.Died(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder has no room at all: %v", err)
	}
}

// Where there is no server, it is said what is missing, and nothing starts.
func TestNeeds(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if got := lab.Needs(); got != "needs redis-server or valkey-server on PATH, and there is neither" {
		t.Errorf("it needs %q", got)
	}
	if _, err := lab.Start(t.Context()); err == nil {
		t.Error("a server was started")
	}
}
