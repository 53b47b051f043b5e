package fleet_test

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/leak"
	"github.com/fourlevels/fourlevels/bench/python"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// A cycle of a level without processes takes a millisecond, of one with them 10 to 250. So
// without a number, as in make test, there are 200 of the former and 5 of the latter, in
// which a leak of one thing a cycle shows just as well. make leaks runs 200 of all, and
// make leaks CYCLES=10000 is the soak, in which memory is looked at, too.
var cycles = flag.Int("cycles", 0, "open and close each level so often; 0 means 200 times, and 5 where that starts processes")

// Each level and each way to build it, opened and closed again and again, with a few tasks
// each time, leaves nothing: not here, not among the processes of this host, and
// nothing in the Redis that it was given.
func TestLeaks(t *testing.T) {
	b := newBench(t)
	t.Logf("counted: %s", leak.Told)
	for _, choice := range fleet.Choices {
		for _, impl := range choice.Impls {
			name := choice.Level + "/" + impl
			if choice.Level == "serial" {
				name = impl
			}
			b.try(t, name, name, b.config)
		}
	}
	own := b.config
	own.Redis = ""
	b.try(t, "machine/queue with a Redis of its own", "machine/queue", own)
	own.Embedded = true
	b.try(t, "machine/queue with an embedded Redis", "machine/queue", own)
	b.try(t, "machine/queue>process/shm>async", "machine/queue:1>process/shm:1>async", b.config)
	if b.tried == 0 {
		t.Error("no level was opened: none is called what -run asks for")
	}
}

// A bench is what cycles run on: a Redis and an origin, which outlive them.
type bench struct {
	check  leak.Check
	config fleet.Config
	tasks  []levels.Task
	tried  int // levels
}

func newBench(t *testing.T) *bench {
	t.Helper()
	temp := t.TempDir()
	for name, value := range map[string]string{"TMPDIR": temp, "TMP": temp, fleet.Role: rand.Text()} {
		t.Setenv(name, value) // workers inherit them
	}
	c := config()
	store, err := fleet.OpenStore(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	c.Redis = store.URL
	corpus := t.TempDir()
	if err := os.WriteFile(filepath.Join(corpus, "page.txt"), []byte("a few words\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	origin, _, stop, err := fleet.StartOrigin(t.Context(), c, corpus)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	b := &bench{config: c, check: leak.Check{Mark: fleet.Role + "=" + os.Getenv(fleet.Role)}}
	for _, name := range []string{"empty", "io"} {
		w, err := workload.Find(name, workload.Env{Origin: origin})
		if err != nil {
			t.Fatal(err)
		}
		b.tasks = append(b.tasks, w.Task(0, 0), w.Task(1, 0))
	}
	b.watch(t)
	return b
}

// watch has the check count what the Redis holds, too.
func (b *bench) watch(t *testing.T) {
	options, err := queue.Options(b.config.Redis)
	if err != nil {
		t.Fatal(err)
	}
	options.PoolSize = 1
	rdb := redis.NewClient(options)
	t.Cleanup(func() { rdb.Close() })
	b.check.Also = map[string]func() (int, error){
		"connections": func() (int, error) { return connections(t.Context(), rdb) },
		"keys":        func() (int, error) { return lasting(t.Context(), rdb) },
	}
}

// connections counts those to a Redis.
func connections(ctx context.Context, rdb *redis.Client) (int, error) {
	info, err := rdb.InfoMap(ctx, "clients").Result()
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(info["Clients"]["connected_clients"])
}

// lasting counts the keys that would stay for ever.
func lasting(ctx context.Context, rdb *redis.Client) (n int, err error) {
	keys, err := rdb.Keys(ctx, "*").Result()
	for _, key := range keys {
		left, ask := rdb.TTL(ctx, key).Result()
		if err = errors.Join(err, ask); left == -1 {
			n++
		}
	}
	return n, err
}

// try has a level go through the cycles, and prints what that took.
func (b *bench) try(t *testing.T, name, level string, c fleet.Config) {
	t.Run(strings.ReplaceAll(name, "/", "."), func(t *testing.T) {
		b.tried++
		spec, err := fleet.Parse(level)
		if err != nil {
			t.Fatal(err)
		}
		check := b.check
		if check.Cycles = *cycles; *cycles == 0 && startsProcesses(spec) {
			check.Cycles, check.Warm = 5, 2
		}
		report, err := check.Run(t.Context(), func(ctx context.Context) error { return b.cycle(ctx, spec, c) })
		if errors.Is(err, python.ErrMissing) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-38s %v", name, report)
		if leaks := report.Leaks(); len(leaks) > 0 {
			t.Errorf("%s\n%s", strings.Join(leaks, "\n"), report.Held)
		}
	})
}

func startsProcesses(s fleet.Spec) bool {
	return s[0].Level == "machine" || s[0].Level == "process" || s.NeedsPython()
}

// cycle opens a level, has it run tasks, and closes it.
func (b *bench) cycle(ctx context.Context, s fleet.Spec, c fleet.Config) error {
	f, err := fleet.Open(ctx, s, c)
	if err != nil {
		return err
	}
	for _, r := range f.Run(ctx, b.tasks) {
		err = errors.Join(err, r.Err)
	}
	return errors.Join(err, f.Close())
}
