package discipline

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Stream is a queue of one Redis stream and its consumer group, which knows of
// every entry that was read and not acknowledged who has it, and since when.
type Stream struct {
	queue
	stream string
	turn   chan time.Time // when to look again for leases that ran out; who looks has it
}

const group = "workers"

// NewStream returns a queue. Unless rdb has MaxRetries -1, a job may be enqueued twice.
func NewStream(ctx context.Context, rdb *redis.Client, c Config) (*Stream, error) {
	q := newQueue(rdb, "stream", c)
	s := &Stream{q, q.key[0] + "queue", make(chan time.Time, 1)}
	s.turn <- time.Time{}
	err := rdb.XGroupCreateMkStream(ctx, s.stream, group, "0").Err()
	if redis.HasErrorPrefix(err, "BUSYGROUP") { // somebody was first
		err = nil
	}
	return s, err
}

var streamEnqueue = redis.NewScript(`
for i = 1, #ARGV, 2 do
  redis.call('XADD', KEYS[1] .. 'queue', '*', 'id', ARGV[i], 'payload', ARGV[i + 1])
end
return #ARGV
`)

// Enqueue implements [Discipline].
func (s *Stream) Enqueue(ctx context.Context, jobs ...Job) error {
	return s.enqueue(ctx, streamEnqueue, jobs)
}

// Claim implements [Discipline]: one command waits, reads and leases.
func (s *Stream) Claim(ctx context.Context, worker string, n int, wait time.Duration) ([]Claimed, error) {
	if jobs, err := s.claimLate(ctx, worker, n); err != nil || len(jobs) > 0 {
		return jobs, err
	}
	args := redis.XReadGroupArgs{Group: group, Consumer: worker, Streams: []string{s.stream, ">"}, Count: int64(atMost(n)), Block: bounded(wait)}
	if args.Block == 0 {
		args.Block = -1 // or it would be for ever
	}
	streams, err := s.rdb.XReadGroup(ctx, &args).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	return entries(streams[0].Messages), nil
}

// claimLate claims what was held for too long. The group is sorted by age, not by
// lease: that means to look at all that is held, so it is done four times a lease.
func (s *Stream) claimLate(ctx context.Context, worker string, n int) (jobs []Claimed, err error) {
	var at time.Time
	select {
	case at = <-s.turn:
		defer func() { s.turn <- at }()
	default:
		return nil, nil
	}
	args := redis.XAutoClaimArgs{Stream: s.stream, Group: group, Consumer: worker, MinIdle: s.lease, Start: "0-0", Count: int64(atMost(n))}
	for time.Now().After(at) && len(jobs) == 0 && err == nil {
		var late []redis.XMessage
		late, args.Start, err = s.rdb.XAutoClaim(ctx, &args).Result()
		if jobs = entries(late); args.Start == "0-0" {
			at = time.Now().Add(s.lease / 4)
		}
	}
	return jobs, err
}

func entries(messages []redis.XMessage) (jobs []Claimed) {
	for _, m := range messages {
		id, _ := m.Values["id"].(string)
		payload, _ := m.Values["payload"].(string)
		jobs = append(jobs, Claimed{Job{id, payload}, m.ID})
	}
	return jobs
}

var streamFinish = redis.NewScript(`
local stream, worker = KEYS[1] .. 'queue', ARGV[1]
local ended, kept = {}, {}
for i = 2, #ARGV, 3 do
  local entry, id, output = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('XPENDING', stream, 'workers', entry, entry, 1, worker)[1] then
    redis.call('XACK', stream, 'workers', entry)
    ended[#ended + 1] = entry
    kept[#kept + 1], kept[#kept + 2] = id, output
  end
end
if #ended > 0 then
  redis.call('XDEL', stream, unpack(ended))
  redis.call('HSET', KEYS[1] .. 'result', unpack(kept))
end
return #ended
`)

// Finish implements [Discipline]. XACK does not ask who acknowledges; the fence
// is XPENDING, which knows who holds an entry.
func (s *Stream) Finish(ctx context.Context, worker string, done ...Done) (accepted int, err error) {
	return s.finish(ctx, streamFinish, done, worker)
}
