package tornenqueue

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// broken enqueues a job: its payload under its id, and its id into the queue.
func broken(ctx context.Context, rdb *redis.Client, id, payload string) error {
	if err := rdb.HSet(ctx, "payloads", id, payload).Err(); err != nil {
		return err
	}
	return rdb.LPush(ctx, "ready", id).Err() // WRONG: who dies before this leaves half a job behind
}
