package lockedio

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A Cache keeps pages by their keys. Get and Put are for those who have locked it.
type Cache struct {
	mu    sync.Mutex
	held  atomic.Bool
	open  atomic.Int64 // uses while nobody had locked it
	inner sync.Mutex   // guards pages from those
	pages map[string]string
}

// Lock waits until nobody else has the cache.
func (c *Cache) Lock() {
	c.mu.Lock()
	c.held.Store(true)
}

// Unlock gives it back.
func (c *Cache) Unlock() {
	c.held.Store(false)
	c.mu.Unlock()
}

// Get looks for a page.
func (c *Cache) Get(key string) (page string, ok bool) {
	defer c.use()()
	page, ok = c.pages[key]
	return page, ok
}

// Put keeps a page.
func (c *Cache) Put(key, page string) {
	defer c.use()()
	if c.pages == nil {
		c.pages = map[string]string{}
	}
	c.pages[key] = page
}

func (c *Cache) use() (done func()) {
	if !c.held.Load() {
		c.open.Add(1)
	}
	c.inner.Lock()
	return c.inner.Unlock
}

// Fetch brings a page from far away.
type Fetch func(ctx context.Context, key string) (page string)

const latency = 4 * time.Millisecond

// fetch stands for one over a network: it waits, and then has the page.
func fetch(ctx context.Context, key string) string {
	select {
	case <-time.After(latency):
		return "page of " + key
	case <-ctx.Done():
		return ""
	}
}
