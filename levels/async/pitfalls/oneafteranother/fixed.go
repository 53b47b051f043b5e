package oneafteranother

import (
	"context"
	"sync"
)

// fixed begins all fetches, and then waits for all.
func fixed(ctx context.Context, pages []string, fetch Fetch) []string {
	bodies := make([]string, len(pages))
	var wg sync.WaitGroup
	for i, page := range pages {
		wg.Go(func() { bodies[i] = fetch(ctx, page) })
	}
	wg.Wait()
	return bodies
}
