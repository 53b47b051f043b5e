package lockedio

import "context"

// fixed locks the cache to look, and again to put: not while it fetches.
func fixed(ctx context.Context, c *Cache, key string, fetch Fetch) string {
	c.Lock()
	page, ok := c.Get(key)
	c.Unlock()
	if ok {
		return page
	}
	page = fetch(ctx, key)
	c.Lock()
	defer c.Unlock()
	c.Put(key, page)
	return page
}
