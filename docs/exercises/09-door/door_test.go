package door

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockedio"
)

func TestMain(m *testing.M) { grade.Main(m, lockedio.Pitfall) }

// The pitfall's own proof: who uses the cache without its lock, and then the time of
// sixteen pages as a multiple of that of one.
func TestDoor(t *testing.T) {
	grade.Judge(t, lockedio.Pitfall, lockedio.Observe(Page))
}

// While a page is on its way, others of the same key get the right one, and a page that is
// in the cache comes. No clock decides: the fetch ends only when that page is there.
func TestOthersGoOn(t *testing.T) {
	var cache lockedio.Cache
	quick := func(_ context.Context, key string) string { return "page of " + key }
	Page(t.Context(), &cache, "known", quick)
	begun, end := make(chan struct{}, 3), make(chan struct{})
	slow := func(_ context.Context, key string) string {
		begun <- struct{}{}
		<-end
		return "page of " + key
	}
	pages, known := make(chan string, 3), make(chan string, 1)
	for range cap(pages) {
		go func() { pages <- Page(t.Context(), &cache, "new", slow) }() // received below
	}
	<-begun
	go func() { known <- Page(t.Context(), &cache, "known", quick) }() // received just below
	select {
	case page := <-known:
		if page != "page of known" {
			grade.NotYet(t, "the page of known is in the cache, and Page returns %q", page)
		}
	case <-time.After(10 * time.Second):
		grade.NotYet(t, "a page that is in the cache does not come while another is fetched")
	}
	close(end)
	for range cap(pages) {
		if page := <-pages; page != "page of new" {
			grade.NotYet(t, "the page of new is fetched by several at once, and Page returns %q", page)
		}
	}
}

// Against a reference that holds the door.
func TestFaster(t *testing.T) {
	sixteen := func(page func(c *lockedio.Cache, key string)) {
		var cache lockedio.Cache
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() { page(&cache, fmt.Sprint("page ", i)) })
		}
		all.Wait()
	}
	fetch := func(context.Context, string) string {
		time.Sleep(2 * time.Millisecond)
		return "page"
	}
	grade.Faster(t, pitfall.Wait, 6,
		func() {
			sixteen(func(c *lockedio.Cache, key string) {
				c.Lock()
				defer c.Unlock()
				c.Put(key, fetch(t.Context(), key))
			})
		},
		func() { sixteen(func(c *lockedio.Cache, key string) { Page(t.Context(), c, key, fetch) }) })
}
