package lab

import (
	"context"
	"errors"
	"fmt"

	"github.com/redis/go-redis/v9"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// Enqueue has so many jobs enqueued on a line, one after another, and faults happen to the
// commands of each. Then it has tally count how they ended: told is what its caller was told
// of each job, by id. Their payloads are those of [Payload].
func Enqueue(jobs int, faults func(job int) func(n int) Fault, enqueue func(ctx context.Context, rdb *redis.Client, id, payload string) error,
	tally func(ctx context.Context, server *Server, told map[string]error) (pitfall.Seen, error)) pitfall.Variant {
	return func(ctx context.Context) (seen pitfall.Seen, err error) {
		server, err := Start(ctx)
		if err != nil {
			return seen, err
		}
		defer func() { err = errors.Join(err, server.Close()) }()
		var line Line
		client := line.Client(server)
		defer client.Close()
		told := map[string]error{}
		for n := range jobs {
			id := fmt.Sprint("job-", n)
			line.Set(faults(n))
			told[id] = enqueue(ctx, client, id, Payload(id))
		}
		return tally(ctx, server, told)
	}
}

// Payload is that of the job with the id.
func Payload(id string) string { return "payload of " + id }
