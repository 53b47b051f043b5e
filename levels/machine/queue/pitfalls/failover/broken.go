package failover

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// broken enqueues a job, and reports whether its caller may be told that it is safe.
func broken(ctx context.Context, primary *redis.Conn, job string) (safe bool, err error) {
	err = primary.LPush(ctx, "jobs", job).Err()
	return err == nil, err // WRONG: the primary has it; its replica gets it later, or never
}
