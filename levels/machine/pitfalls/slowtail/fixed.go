package slowtail

import (
	"context"
	"sync"
	"time"
)

// fixed asks all shards at once, and asks again where the answer is late.
func fixed(ctx context.Context, shards int, ask func(ctx context.Context, shard int) string) []string {
	answers := make([]string, shards)
	var wg sync.WaitGroup
	for i := range shards {
		wg.Go(func() { answers[i] = hedged(ctx, i, ask) })
	}
	wg.Wait()
	return answers
}

// hedged returns the first of two answers. The second is asked for only after the time
// within which 95 of 100 answers come.
func hedged(ctx context.Context, shard int, ask func(ctx context.Context, shard int) string) string {
	const late = 8 * time.Millisecond
	ctx, cancel := context.WithCancel(ctx)
	answer := make(chan string, 2)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel() // who is second may stop
	asking.Go(func() { answer <- ask(ctx, shard) })
	select {
	case first := <-answer:
		return first
	case <-time.After(late):
	}
	asking.Go(func() { answer <- ask(ctx, shard) }) // of another replica
	return <-answer
}
