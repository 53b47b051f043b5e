package waited

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// broken enqueues a job, and reports whether its caller may be told that it is safe.
func broken(ctx context.Context, primary *redis.Conn, job string) (safe bool, err error) {
	if err := primary.LPush(ctx, "jobs", job).Err(); err != nil {
		return false, err
	}
	err = primary.Wait(ctx, 1, 50*time.Millisecond).Err()
	return err == nil, err // WRONG: that nobody has a copy is not an error, but the number 0
}
