package lockedio

import "context"

// broken returns a page from the cache, and fetches those that are not there.
func broken(ctx context.Context, c *Cache, key string, fetch Fetch) string {
	c.Lock()
	defer c.Unlock()
	if page, ok := c.Get(key); ok {
		return page
	}
	page := fetch(ctx, key) // WRONG: everybody else waits at the lock for this fetch
	c.Put(key, page)
	return page
}
