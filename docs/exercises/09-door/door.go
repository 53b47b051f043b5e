// Package door gets pages from a cache. This is the only file that you change.
package door

import (
	"context"

	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockedio"
)

// Page returns the page of a key: from the cache, or fetched, and then it is in the cache.
//
// Your part: nobody is to wait for the fetch of somebody else.
func Page(ctx context.Context, c *lockedio.Cache, key string, fetch lockedio.Fetch) string {
	c.Lock()
	defer c.Unlock()
	if page, ok := c.Get(key); ok {
		return page
	}
	page := fetch(ctx, key)
	c.Put(key, page)
	return page
}
