package leakedanswer

import "context"

// broken asks all replicas, and takes the first answer.
func broken(ctx context.Context, replicas []Replica) string {
	answers := make(chan string) // WRONG: nobody will receive the others, so they send for ever
	for _, ask := range replicas {
		go func() { answers <- ask(ctx) }()
	}
	return <-answers
}
