package discipline

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
)

// A ZSet is a queue of one sorted set: a job's score is the time, in µs, from
// which on a worker may take it. To enqueue is to set that to now; to lease, to
// a later time; a lease that ran out needs nobody to notice. Payloads lie in the
// hash job, beside it.
type ZSet struct{ queue }

// NewZSet returns a queue. Unless rdb has MaxRetries -1, a job may be enqueued twice.
func NewZSet(rdb *redis.Client, c Config) *ZSet { return &ZSet{newQueue(rdb, "zset", c)} }

// A batch's scores are a quarter of a µs apart: as fine as a float64 can be, until
// 2041. No Redis adds a job faster than that: so nobody sees a score that is yet
// to come, the next batch's are higher, and who comes first is first.
var zsetEnqueue = redis.NewScript(`
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local scores = {}
for i = 1, #ARGV, 2 do scores[i], scores[i + 1] = now + (i - 1) / 8, ARGV[i] end
redis.call('ZADD', KEYS[1] .. 'queue', unpack(scores))
redis.call('HSET', KEYS[1] .. 'job', unpack(ARGV))
if redis.call('EXISTS', KEYS[1] .. 'wake') == 0 then redis.call('RPUSH', KEYS[1] .. 'wake', 1) end
return #ARGV
`)

// Enqueue implements [Discipline].
func (z *ZSet) Enqueue(ctx context.Context, jobs ...Job) error {
	return z.enqueue(ctx, zsetEnqueue, jobs)
}

var zsetClaim = redis.NewScript(`
local queue = KEYS[1] .. 'queue'
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local ids = redis.call('ZRANGEBYSCORE', queue, '-inf', now, 'LIMIT', 0, ARGV[1])
if #ids < tonumber(ARGV[1]) then redis.call('DEL', KEYS[1] .. 'wake') end
if #ids == 0 then return {} end

local ends = string.format('%.0f', now + ARGV[2])
local payloads = redis.call('HMGET', KEYS[1] .. 'job', unpack(ids))
local scores, jobs = {}, {ends}
for i, id in ipairs(ids) do
  scores[2 * i - 1], scores[2 * i] = ends, id
  jobs[2 * i], jobs[2 * i + 1] = id, payloads[i]
end
redis.call('ZADD', queue, unpack(scores))
return jobs
`)

// Claim implements [Discipline]. Nothing can wait for a score, so whoever waits
// does so for the list wake, which has something in it if there may be jobs.
func (z *ZSet) Claim(ctx context.Context, _ string, n int, wait time.Duration) ([]Claimed, error) {
	return z.claim(ctx, zsetClaim, "wake", wait, atMost(n), z.lease.Microseconds())
}

var zsetFinish = redis.NewScript(`
local queue = KEYS[1] .. 'queue'
local ids, kept = {}, {}
for i = 1, #ARGV, 3 do
  local ends, id, output = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if tonumber(redis.call('ZSCORE', queue, id) or 0) == tonumber(ends) then
    redis.call('ZREM', queue, id)
    ids[#ids + 1] = id
    kept[#kept + 1], kept[#kept + 2] = id, output
  end
end
if #ids > 0 then
  redis.call('HDEL', KEYS[1] .. 'job', unpack(ids))
  redis.call('HSET', KEYS[1] .. 'result', unpack(kept))
end
return #ids
`)

// Finish implements [Discipline]. The fence is the score: the next claim's is
// later, for it is made after this one's time and set to a time after that.
func (z *ZSet) Finish(ctx context.Context, _ string, done ...Done) (accepted int, err error) {
	return z.finish(ctx, zsetFinish, done)
}
