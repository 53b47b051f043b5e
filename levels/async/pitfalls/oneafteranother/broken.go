package oneafteranother

import "context"

// broken fetches all pages.
func broken(ctx context.Context, pages []string, fetch Fetch) []string {
	bodies := make([]string, len(pages))
	for i, page := range pages {
		bodies[i] = fetch(ctx, page) // WRONG: the next one begins only when this one is here
	}
	return bodies
}
