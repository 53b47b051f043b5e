package retrytwice

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// broken enqueues a job, and tries again if that fails.
func broken(ctx context.Context, rdb *redis.Client, id, payload string) (err error) {
	for range 3 {
		err = rdb.LPush(ctx, "ready", payload).Err() // WRONG: no answer does not mean not done
		if err == nil {
			return nil
		}
	}
	return err
}
