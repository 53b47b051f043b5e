package tornenqueue

import (
	"context"

	"github.com/redis/go-redis/v9"
)

var enqueue = redis.NewScript(`
	redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
	redis.call('LPUSH', KEYS[2], ARGV[1])
	return 'OK'
`)

// fixed has Redis do both, in one script: nothing comes between.
func fixed(ctx context.Context, rdb *redis.Client, id, payload string) error {
	return enqueue.Run(ctx, rdb, []string{"payloads", "ready"}, id, payload).Err()
}
