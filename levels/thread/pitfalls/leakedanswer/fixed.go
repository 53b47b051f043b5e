package leakedanswer

import "context"

// fixed has room for every answer, and tells the others to stop when it has one.
func fixed(ctx context.Context, replicas []Replica) string {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answers := make(chan string, len(replicas))
	for _, ask := range replicas {
		go func() { answers <- ask(ctx) }()
	}
	return <-answers
}
