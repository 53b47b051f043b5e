package fleet_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/fleet/desk"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
)

// A host runs tasks, in its own network if it has one, until it is killed. Then what it had
// is lost, at once, and nobody takes its place.
func TestHost(t *testing.T) {
	for name, apart := range map[string]bool{"loopback": false, "apart": true} {
		t.Run(name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			tree := usage.NewTree()
			had, counted := tree.Processes()
			h, err := fleet.StartHost(t.Context(), config(), 2, apart)
			if err != nil && apart {
				goleak.VerifyNone(t, before)
				t.Skipf("no network of its own here: %v", err)
			}
			if err != nil {
				t.Fatal(err)
			}
			killHost(t, h)
			if err := h.Close(); err != nil {
				t.Error(err)
			}
			goleak.VerifyNone(t, before)
			if has, _ := tree.Processes(); counted && has != had {
				t.Errorf("%d processes after it, %d before", has, had)
			}
		})
	}
}

func killHost(t *testing.T, h *fleet.Host) {
	t.Helper()
	r := h.Run(t.Context(), []levels.Task{{Func: "echo", Input: []byte("hello")}})[0]
	if r.Err != nil || string(r.Output) != "hello" {
		t.Errorf("it answers %q, %v", r.Output, r.Err)
	}
	file, ended := filepath.Join(t.TempDir(), "begun"), make(chan error)
	go func() { ended <- h.Run(t.Context(), []levels.Task{{Func: "hold", Input: []byte(file)}})[0].Err }() // received below
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			break
		}
	}
	h.Kill()
	if err := <-ended; !errors.Is(err, levels.ErrLost) {
		t.Errorf("what it had ends with %v, want lost", err)
	}
	<-h.Died()
	if err := h.Run(t.Context(), []levels.Task{{Func: "echo"}})[0].Err; err == nil {
		t.Error("it answers after its death")
	}
	if got := h.Obituary().Error(); !strings.Contains(got, "killed") {
		t.Errorf("it died of %q", got)
	}
}

func TestHostNeedsAProgram(t *testing.T) {
	if _, err := fleet.StartHost(t.Context(), fleet.Config{}, 1, false); err == nil {
		t.Error("a host has started from nothing")
	}
}

// Jobs that nobody disturbs are done once, by whatever way they are taken; and then nothing
// is known of them any more.
func TestDesk(t *testing.T) {
	c := config()
	c.Embedded = true
	store, err := fleet.OpenStore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	for _, way := range desk.Ways {
		jobs := desk.Config{Redis: store.URL, Name: "test-" + way, Way: desk.Way(way), Lease: 10 * time.Second}
		d, err := desk.Open(t.Context(), jobs)
		if err != nil {
			t.Fatal(err)
		}
		clerk, err := fleet.StartClerk(t.Context(), c, jobs)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Put(t.Context(), []desk.Job{{N: 1}, {N: 2, Takes: time.Millisecond}, {N: 3}}); err != nil {
			t.Error(err)
		}
		want := desk.Tally{Begun: 3, Done: 3, Charged: 3}
		if got := settled(t, d, want.Done); got != want {
			t.Errorf("%s: %+v, want %+v", way, got, want)
		}
		clerk.Close()
		mortalKeys(t, store.URL, "levels-desk:{"+jobs.Name+"}:*")
		if err := d.Drop(t.Context()); err != nil {
			t.Error(err)
		}
		if got, err := d.Tally(t.Context()); err != nil || got != (desk.Tally{}) {
			t.Errorf("%s: after Drop there is %+v, %v", way, got, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
}

// mortalKeys fails the test if there are no such keys, or if one of them would stay for ever.
func mortalKeys(t *testing.T, url, pattern string) {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	rdb := redis.NewClient(options)
	defer rdb.Close()
	keys, err := rdb.Keys(t.Context(), pattern).Result()
	if err != nil || len(keys) == 0 {
		t.Errorf("keys of %s: %v, %v", pattern, keys, err)
	}
	for _, key := range keys {
		if left, err := rdb.TTL(t.Context(), key).Result(); err != nil || left <= 0 {
			t.Errorf("%s is kept for %v, %v", key, left, err)
		}
	}
}

// settled waits until so many jobs are done.
func settled(t *testing.T, d *desk.Desk, done int) (tally desk.Tally) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for tally.Done < done {
		var err error
		if tally, err = d.Tally(ctx); err != nil {
			t.Fatal(err)
		}
	}
	return tally
}

func TestDeskArguments(t *testing.T) {
	err := fleet.Worker{Role: "desk", Way: "hope"}.Run(t.Context(), nil)
	if wrong := (fleet.ArgumentError{}); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "one of pop, lease, once") {
		t.Errorf("err = %v", err)
	}
}
