package discipline

import (
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

// A List is a queue of Redis' lists: jobs wait in the list ready, id and payload
// by turns. A claim is a batch: it lies in a hash of its own, held:<batch>, and
// the ZSET lease tells when that falls.
type List struct{ queue }

// NewList returns a queue. Unless rdb has MaxRetries -1, a job may be enqueued twice.
func NewList(rdb *redis.Client, c Config) *List { return &List{newQueue(rdb, "list", c)} }

// Enqueue implements [Discipline].
func (l *List) Enqueue(ctx context.Context, jobs ...Job) error {
	for some := range slices.Chunk(jobs, MaxBatch) {
		if err := l.rdb.RPush(ctx, l.key[0]+"ready", pairs(some)...).Err(); err != nil {
			return err
		}
	}
	return nil
}

var listClaim = redis.NewScript(`
local ready, lease, held = KEYS[1] .. 'ready', KEYS[1] .. 'lease', KEYS[1] .. 'held:'
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]

-- What dead workers held goes back to the head.
for _, batch in ipairs(redis.call('ZRANGEBYSCORE', lease, '-inf', now, 'LIMIT', 0, 10)) do
  local jobs = redis.call('HGETALL', held .. batch)
  for i = #jobs, 2, -2 do redis.call('LPUSH', ready, jobs[i], jobs[i - 1]) end
  redis.call('DEL', held .. batch)
  redis.call('ZREM', lease, batch)
end

local jobs = redis.call('LPOP', ready, 2 * ARGV[2])
if not jobs then return {} end
local batch = ARGV[1] .. ':' .. redis.call('INCR', KEYS[1] .. 'batches')
redis.call('HSET', held .. batch, unpack(jobs))
redis.call('ZADD', lease, now + ARGV[3], batch)
table.insert(jobs, 1, batch)
return jobs
`)

// Claim implements [Discipline].
func (l *List) Claim(ctx context.Context, worker string, n int, wait time.Duration) ([]Claimed, error) {
	return l.claim(ctx, listClaim, "ready", wait, worker, atMost(n), l.lease.Microseconds())
}

var listFinish = redis.NewScript(`
local lease, held = KEYS[1] .. 'lease', KEYS[1] .. 'held:'
local kept, touched = {}, {}
for i = 1, #ARGV, 3 do
  local batch, id, output = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('HDEL', held .. batch, id) == 1 then
    kept[#kept + 1], kept[#kept + 2] = id, output
    touched[batch] = true
  end
end
if #kept > 0 then redis.call('HSET', KEYS[1] .. 'result', unpack(kept)) end
for batch in pairs(touched) do
  if redis.call('EXISTS', held .. batch) == 0 then redis.call('ZREM', lease, batch) end
end
return #kept / 2
`)

// Finish implements [Discipline]. The fence is the batch: once it has fallen, its
// hash is gone.
func (l *List) Finish(ctx context.Context, _ string, done ...Done) (accepted int, err error) {
	return l.finish(ctx, listFinish, done)
}
