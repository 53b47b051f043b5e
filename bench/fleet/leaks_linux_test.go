package fleet_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/leak"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// The same check notices a level that forgets to close something: itself, its connection
// to the Redis, or what it wrote there. (Package leak has twins for the other kinds.)
func TestLeaksAreNoticed(t *testing.T) {
	b := newBench(t)
	for kind, forgetful := range map[string]func(*testing.T) error{
		leak.Processes: func(t *testing.T) error {
			l := open(t, fleet.Spec{{Level: "process", Impl: "pipe", Width: 1}}, b.config) // closed when the test ends
			return l.Run(t.Context(), b.tasks[:1])[0].Err
		},
		leak.Mappings: func(t *testing.T) error {
			l := open(t, fleet.Spec{{Level: "process", Impl: "shm", Width: 1}}, b.config)
			return l.Run(t.Context(), b.tasks[:1])[0].Err
		},
		"connections": func(t *testing.T) error { return b.forget(t, "get", "nothing") },
		"keys":        func(t *testing.T) error { return b.forget(t, "set", rand.Text(), "") },
	} {
		t.Run(kind, func(t *testing.T) {
			check := b.check
			check.Cycles, check.Warm, check.Wait = 4, 1, 100*time.Millisecond
			report, err := check.Run(t.Context(), func(context.Context) error { return forgetful(t) })
			if err != nil {
				t.Fatal(err)
			}
			if found := report.Leaks(); !slices.ContainsFunc(found, func(line string) bool { return strings.HasPrefix(line, kind+": ") }) {
				t.Errorf("nobody has noticed: %q", found)
			}
		})
	}
}

// forget asks the Redis something over a connection that stays until the test ends.
func (b *bench) forget(t *testing.T, command ...any) error {
	options, err := queue.Options(b.config.Redis)
	if err != nil {
		return err
	}
	rdb := redis.NewClient(options)
	t.Cleanup(func() { rdb.Close() })
	if err := rdb.Do(t.Context(), command...).Err(); !errors.Is(err, redis.Nil) {
		return err
	}
	return nil
}
