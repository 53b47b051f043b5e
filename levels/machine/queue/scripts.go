package queue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// The whole state of a queue is in six keys:
//
//	job    hash   id -> payload, of every job that has no result yet
//	try    hash   id -> how often it was claimed: the fence against late results
//	died   hash   id -> how many workers died with it
//	ready  list   ids that wait for a worker; those of forgotten jobs are passed over
//	lease  zset   ids that a worker has, by the time when its lease runs out
//	wake   list   up to 16 tokens, on which idle workers block
//
// and a reply list for each client. Without jobs there are no keys. A job leaves
// ready only inside claim, so a crash can lose a token but no job. An id is
// "client/number"; its reply list is derived from it, and lies in the same slot
// because of the queue's braces.
//
// Every script may be run again when its answer was lost: enqueue knows the id,
// finish and giveBack the try, and what a lost claim took comes back with its lease.

const now = `local t = redis.call('TIME'); local now = t[1]*1000 + math.floor(t[2]/1000)
`

// wake puts a token for an idle worker, unless there are plenty.
const wake = `local function wake(n)
  for i = redis.call('LLEN', KEYS[5]) + 1, math.min(16, n) do redis.call('RPUSH', KEYS[5], '1') end
end
`

// forget removes a job, and with the last one what is left of others.
const forget = `local function forget(id)
  redis.call('HDEL', KEYS[1], id); redis.call('HDEL', KEYS[2], id); redis.call('HDEL', KEYS[6], id)
  redis.call('ZREM', KEYS[4], id)
  if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('DEL', KEYS[3], KEYS[5]) end
end
`

// reply answers the client that waits for a job, and forgets the job.
const reply = forget + `local function reply(id, text)
  forget(id)
  local list = string.gsub(KEYS[1], 'job$', 'reply:') .. string.match(id, '^[^/]*')
  redis.call('RPUSH', list, id .. ' ' .. text); redis.call('PEXPIRE', list, 600000)
end
`

// ARGV: id, payload, id, payload, ...
var enqueueScript = redis.NewScript(wake + `
for i = 1, #ARGV, 2 do
  if redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i+1]) == 1 then redis.call('RPUSH', KEYS[3], ARGV[i]) end
end
wake(#ARGV / 2)`)

// ARGV: how many, lease in ms, most tries. Answers id, try, payload, ...
var claimScript = redis.NewScript(now + wake + reply + `
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[4], '-inf', now, 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[4], id)
  if redis.call('HINCRBY', KEYS[6], id, 1) < tonumber(ARGV[3]) then
    redis.call('RPUSH', KEYS[3], id)
  else
    reply(id, 'dead given up: ' .. ARGV[3] .. ' workers died with it')
  end
end
local out = {}
while #out < 3 * tonumber(ARGV[1]) do
  local id = redis.call('LPOP', KEYS[3])
  if not id then break end
  local payload = redis.call('HGET', KEYS[1], id)
  if payload then
    redis.call('ZADD', KEYS[4], now + ARGV[2], id)
    out[#out+1] = id; out[#out+1] = redis.call('HINCRBY', KEYS[2], id, 1); out[#out+1] = payload
  end
end
wake(redis.call('LLEN', KEYS[3]))
return out`)

// ARGV: id, try, "done" or "dead", and a text. Answers 1 if it counted.
var finishScript = redis.NewScript(reply + `
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] or redis.call('ZREM', KEYS[4], ARGV[1]) == 0 then return 0 end
reply(ARGV[1], ARGV[3] .. ' ' .. ARGV[4])
return 1`)

// ARGV: id, try. Puts a claimed job back. The try stays counted: a number that
// came twice would be no fence.
var giveBackScript = redis.NewScript(wake + `
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] or redis.call('ZREM', KEYS[4], ARGV[1]) == 0 then return 0 end
redis.call('LPUSH', KEYS[3], ARGV[1])
wake(1)
return 1`)

// ARGV: lease in ms, then id, try, ... Renews leases. Answers the numbers,
// from 0, of the jobs that are no longer the caller's: cancelled, or taken over.
var beatScript = redis.NewScript(now + `
local gone = {}
for i = 2, #ARGV, 2 do
  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i+1] and redis.call('ZSCORE', KEYS[4], ARGV[i]) then
    redis.call('ZADD', KEYS[4], now + ARGV[1], ARGV[i])
  else gone[#gone+1] = i / 2 - 1 end
end
return gone`)

// ARGV: ids. Forgets jobs: those that wait will not start, and the workers of
// those that run are told by their next beat.
var cancelScript = redis.NewScript(forget + `
for _, id in ipairs(ARGV) do forget(id) end`)

// ARGV: ids. Answers the numbers, from 0, of those that are no jobs.
var unknownScript = redis.NewScript(`
local unknown = {}
for i, id in ipairs(ARGV) do
  if redis.call('HEXISTS', KEYS[1], id) == 0 then unknown[#unknown+1] = i - 1 end
end
return unknown`)

// A job is what a worker has claimed.
type job struct{ id, try, payload string }

// run runs a script, and once more if no answer came.
func (s *store) run(ctx context.Context, script *redis.Script, args ...any) *redis.Cmd {
	cmd := script.Run(ctx, s.rdb, s.keys, args...)
	if err := cmd.Err(); err == nil || err == redis.Nil || ctx.Err() != nil || isReply(err) {
		return cmd
	}
	return script.Run(ctx, s.rdb, s.keys, args...)
}

// isReply reports whether err is Redis' own answer, as opposed to none.
func isReply(err error) bool {
	_, ok := err.(redis.Error)
	return ok
}

// enqueue leaves jobs, about a mebibyte at a time: Redis does not take commands
// of any length.
func (s *store) enqueue(ctx context.Context, ids []string, payloads [][]byte) error {
	var args []any
	size := 0
	for i := range ids {
		args = append(args, ids[i], payloads[i])
		if size += len(payloads[i]); size < 1<<20 && i < len(ids)-1 && len(args) < 1000 {
			continue
		}
		if err := ignoreNil(s.run(ctx, enqueueScript, args...).Err()); isReply(err) {
			return fmt.Errorf("%w: leave jobs: %w", ErrRefused, err)
		} else if err != nil {
			return err
		}
		args, size = nil, 0
	}
	return nil
}

// unknown returns those of the ids that are no jobs.
func (s *store) unknown(ctx context.Context, ids []string) ([]string, error) {
	args := make([]any, len(ids))
	for i := range ids {
		args[i] = ids[i]
	}
	numbers, err := s.run(ctx, unknownScript, args...).Int64Slice()
	gone := make([]string, len(numbers))
	for i, n := range numbers {
		gone[i] = ids[n]
	}
	return gone, err
}

func (s *store) claim(ctx context.Context, n int) ([]job, error) {
	fields, err := claimScript.Run(ctx, s.rdb, s.keys, n, s.lease.Milliseconds(), s.maxTries).Slice()
	if err != nil {
		return nil, err
	}
	jobs := make([]job, 0, len(fields)/3)
	for ; len(fields) >= 3; fields = fields[3:] {
		jobs = append(jobs, job{toString(fields[0]), toString(fields[1]), toString(fields[2])})
	}
	return jobs, nil
}

func (s *store) finish(ctx context.Context, j job, how, text string) (bool, error) {
	n, err := s.run(ctx, finishScript, j.id, j.try, how, text).Int()
	return n == 1, err
}

func (s *store) giveBack(ctx context.Context, j job) error {
	return s.run(ctx, giveBackScript, j.id, j.try).Err()
}

func (s *store) beat(ctx context.Context, jobs []job) (gone []int64, err error) {
	args := []any{s.lease.Milliseconds()}
	for _, j := range jobs {
		args = append(args, j.id, j.try)
	}
	return s.run(ctx, beatScript, args...).Int64Slice()
}

func (s *store) cancel(ctx context.Context, ids []string) error {
	args := make([]any, len(ids))
	for i := range ids {
		args[i] = ids[i]
	}
	return ignoreNil(s.run(ctx, cancelScript, args...).Err())
}

// idle blocks until there may be work, and for a second at most: that is how
// late an idle worker notices a lease that ran out.
func (s *store) idle(ctx context.Context) error {
	return ignoreNil(s.rdb.BLPop(ctx, time.Second, s.keys[4]).Err())
}

// A script that returns nothing answers nil, and so does a wait in vain.
func ignoreNil(err error) error {
	if err == redis.Nil {
		return nil
	}
	return err
}

// splitReply reads what the script function reply wrote.
func splitReply(s string) (id, how, text string) {
	id, rest, _ := strings.Cut(s, " ")
	how, text, _ = strings.Cut(rest, " ")
	return id, how, text
}
