package slowtail

import (
	"context"
	"sync"
)

// broken asks all shards at once, and returns their answers.
func broken(ctx context.Context, shards int, ask func(ctx context.Context, shard int) string) []string {
	answers := make([]string, shards)
	var wg sync.WaitGroup
	for i := range shards {
		wg.Go(func() {
			answers[i] = ask(ctx, i) // WRONG: whoever is slow this time is waited for, and somebody always is
		})
	}
	wg.Wait()
	return answers
}
