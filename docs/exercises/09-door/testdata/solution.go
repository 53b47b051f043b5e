// Package door gets pages from a cache. This is the only file that you change.
package door

import (
	"context"

	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockedio"
)

// Page returns the page of a key: from the cache, or fetched, and then it is in the cache.
func Page(ctx context.Context, c *lockedio.Cache, key string, fetch lockedio.Fetch) string {
	c.Lock()
	page, ok := c.Get(key)
	c.Unlock() // the door is free while this one fetches
	if ok {
		return page
	}
	page = fetch(ctx, key)
	c.Lock()
	defer c.Unlock()
	c.Put(key, page) // two may have fetched it: then it is put twice, and is the same
	return page
}
