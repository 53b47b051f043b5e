package failover

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// fixed calls a job safe when a second server has it. WAIT speaks of what its own
// connection has written, so both go over one.
func fixed(ctx context.Context, primary *redis.Conn, job string) (safe bool, err error) {
	if err := primary.LPush(ctx, "jobs", job).Err(); err != nil {
		return false, err
	}
	copies, err := primary.Wait(ctx, 1, 50*time.Millisecond).Result()
	return copies >= 1, err
}
