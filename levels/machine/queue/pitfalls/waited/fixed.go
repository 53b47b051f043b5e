package waited

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// fixed looks at how many have a copy.
func fixed(ctx context.Context, primary *redis.Conn, job string) (safe bool, err error) {
	if err := primary.LPush(ctx, "jobs", job).Err(); err != nil {
		return false, err
	}
	copies, err := primary.Wait(ctx, 1, 50*time.Millisecond).Result()
	return err == nil && copies >= 1, err
}
