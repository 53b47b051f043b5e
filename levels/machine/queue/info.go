package queue

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed lua/info.lua
var infoSource string

var infoScript = newScript(infoSource)

// Info tells how a queue stands.
type Info struct {
	ShardInfo             // of all shards together
	Shards    []ShardInfo // of each, if there is more than one
	Store     StoreInfo
}

// ShardInfo tells how a shard stands: as of one moment, for one script looks at it.
type ShardInfo struct {
	Name string
	At   time.Time // by Redis' clock

	Ready    int // jobs that wait for a worker; one that is aborted counts until a worker passes it
	Running  int // jobs that a worker has, alive or not
	Deferred int // jobs that wait for their time, or for another try
	Dead     int // dead letters
	Kept     int // outcomes that are kept
	Workers  int // whose lease runs; of the queue, those that serve every shard
	Paused   bool

	// Oldest is how long the next job has been in the queue, or 0 if there is
	// none. It counts from when the job was enqueued: for one that was deferred,
	// tried before or requeued that is longer than it has been ready.
	Oldest time.Duration

	Counters Counters
}

// Counters tell what has happened in a queue since it came into being.
type Counters struct {
	Done    int // jobs that ended with an outcome: a result; or they had expired, or were aborted while they ran
	Retried int // tries that failed and were followed by another
	Dead    int // jobs that were given up, calls included
	Lost    int // tries whose worker died
	Aborted int // jobs that were aborted while they waited, or when their try had failed or was cut short
	Dropped int // dead letters that made room for others
}

// StoreInfo is what Redis tells of itself. What it does not tell is zero: an
// imitation knows little, and a server may have been forbidden to answer. In a
// cluster it is one of the nodes that speaks.
type StoreInfo struct {
	Version   string // such as "redis-7.0.15"
	Eviction  string // what goes when the memory is full; a queue needs "noeviction"
	AOF       bool   // every change is logged, to survive a restart
	Memory    int64  // bytes in use
	MaxMemory int64  // bytes that it may use; 0 means that there is no limit
}

// Info looks at the queue.
func (q *Queue) Info(ctx context.Context) (info Info, err error) {
	err = q.each("look at it", func(s *shard) error {
		one, err := s.info(ctx)
		info.Shards = append(info.Shards, one)
		return err
	})
	if err != nil {
		return Info{}, err
	}
	info.ShardInfo = info.Shards[0]
	for _, s := range info.Shards[1:] {
		info.add(s)
	}
	info.Name = q.config.Name
	if len(info.Shards) == 1 {
		info.Shards = nil
	}
	if info.Store, err = q.shards[0].store(ctx); err != nil {
		return Info{}, fmt.Errorf("queue %s: look at its store: %w", info.Name, err)
	}
	return info, nil
}

func (i *ShardInfo) add(s ShardInfo) {
	i.Ready += s.Ready
	i.Running += s.Running
	i.Deferred += s.Deferred
	i.Dead += s.Dead
	i.Kept += s.Kept
	i.Workers = min(i.Workers, s.Workers) // each has a lane of every shard
	i.Paused = i.Paused || s.Paused
	i.Oldest = max(i.Oldest, s.Oldest)
	i.Counters.Done += s.Counters.Done
	i.Counters.Retried += s.Counters.Retried
	i.Counters.Dead += s.Counters.Dead
	i.Counters.Lost += s.Counters.Lost
	i.Counters.Aborted += s.Counters.Aborted
	i.Counters.Dropped += s.Counters.Dropped
}

func (s *shard) info(ctx context.Context) (i ShardInfo, err error) {
	ctx, cancel := patience(ctx)
	defer cancel()
	reply, err := s.run(ctx, infoScript)
	if err != nil {
		return i, err
	}
	fields, err := reply.Slice()
	if err != nil {
		return i, err
	}
	if len(fields) != 10 {
		return i, fmt.Errorf("info: Redis answers %d fields, want 10", len(fields))
	}
	var n [9]int64
	for k := range n {
		n[k], _ = fields[k].(int64)
	}
	s.clock.set(n[0])
	i = ShardInfo{
		Name: s.name, At: clockTime(n[0]),
		Ready: int(n[1]), Running: int(n[2]), Deferred: int(n[3]), Dead: int(n[4]), Kept: int(n[5]),
		Workers: int(n[6]), Paused: n[7] == 1, Oldest: time.Duration(min(max(n[8], 0), longest)) * time.Millisecond,
	}
	c := counted(texts(fields[9]))
	i.Counters = Counters{c["done"], c["retried"], c["dead"], c["lost"], c["aborted"], c["dropped"]}
	return i, nil
}

// counted reads names and numbers, in turn.
func counted(pairs []string) map[string]int {
	counts := map[string]int{}
	for pair := range slices.Chunk(pairs, 2) {
		counts[pair[0]], _ = strconv.Atoi(pair[len(pair)-1])
	}
	return counts
}

// store asks the server what it is.
func (s *shard) store(ctx context.Context) (i StoreInfo, err error) {
	var text string
	err = s.ask(ctx, func(ctx context.Context) error { text, err = s.link.rdb.Info(ctx).Result(); return err })
	if err != nil && !errors.Is(err, ErrRefused) { // whoever may not ask does without
		return i, err
	}
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[key] = value
	}
	for _, name := range []string{"redis", "valkey"} { // Valkey says both
		if v := fields[name+"_version"]; v != "" {
			i.Version = name + "-" + v
		}
	}
	i.Eviction, i.AOF = fields["maxmemory_policy"], fields["aof_enabled"] == "1"
	i.Memory, _ = strconv.ParseInt(fields["used_memory"], 10, 64)
	i.MaxMemory, _ = strconv.ParseInt(fields["maxmemory"], 10, 64)
	return i, nil
}
