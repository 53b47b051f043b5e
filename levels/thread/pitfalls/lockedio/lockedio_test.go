package lockedio

import (
	"context"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/pitfalltest"
)

func TestMain(m *testing.M) { pitfalltest.Main(m, Pitfall) }

func TestPitfall(t *testing.T) { pitfalltest.Prove(t, Pitfall) }

// A repair that gives up the lock, or the cache, is none.
func TestShortcutsAreSeen(t *testing.T) {
	var door sync.Mutex
	door.Lock()
	defer door.Unlock() // lets go those who are stuck
	for what, get := range map[string]func(context.Context, *Cache, string, Fetch) string{
		"cache used without its lock": func(ctx context.Context, c *Cache, key string, fetch Fetch) string {
			page, ok := c.Get(key)
			if !ok {
				page = fetch(ctx, key)
				c.Put(key, page)
			}
			return page
		},
		"fetched though it was there": func(ctx context.Context, _ *Cache, key string, fetch Fetch) string {
			return fetch(ctx, key)
		},
		"page missing or wrong": func(ctx context.Context, _ *Cache, key string, _ Fetch) string {
			return fetch(ctx, key)[1:]
		},
		"caller stuck": func(context.Context, *Cache, string, Fetch) string {
			door.Lock()
			defer door.Unlock()
			return ""
		},
	} {
		seen, err := Observe(get)(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range seen.Outcomes {
			if o.Verdict == pitfall.Forbidden && (o.Count > 0) != (o.What == what) {
				t.Errorf("%s: %d of %q", what, o.Count, o.What)
			}
		}
	}
}
