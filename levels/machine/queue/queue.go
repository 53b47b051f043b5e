package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
)

// Config says which queue to use, and how. Programs that share a queue use the
// same Name, Shards and Codec.
type Config struct {
	Name   string // of the queue; "" means "default"
	Shards int    // parts that it is divided into, so that a cluster spreads it; 0 means 1
	Codec  Codec  // of what goes in and out; nil means JSON

	MaxPayload int // bytes of a payload, and of a result; 0 means 1 MiB
	MaxLength  int // jobs that may wait in a shard, before it is full, and in this program for Redis; 0 means 1,000,000
	MaxDead    int // dead letters of a shard, before the oldest is dropped; 0 means 10,000
	MaxBatch   int // jobs enqueued at once; 0 means 10,000

	Dial Dialer // of the connections that Open makes, but not to mem://; nil means that of a net.Dialer
}

// A Dialer makes connections, as that of a [net.Dialer] does.
type Dialer = func(ctx context.Context, network, addr string) (net.Conn, error)

// A Codec turns values into bytes and back.
type Codec interface {
	Marshal(v any) ([]byte, error)
	Unmarshal(data []byte, v any) error
}

type jsonCodec struct{}

func (jsonCodec) Marshal(v any) ([]byte, error)      { return json.Marshal(v) }
func (jsonCodec) Unmarshal(data []byte, v any) error { return json.Unmarshal(data, v) }

// A Queue is a connection to a queue, for programs that leave jobs and for
// workers. It is safe for use by many goroutines.
type Queue struct {
	config Config
	link   *link
	shards []*shard
	next   atomic.Uint32 // the shard of the next plain jobs

	client string // new for each Queue; part of the ids that it makes
	closed atomic.Bool

	naming struct { // of jobs that were given no id
		sync.Mutex
		last   int64            // group
		groups map[int64]*group // that are not full, by how long their outcomes are kept
	}

	post  []*post  // to each shard
	inbox []*inbox // from each shard
}

// Open connects to Redis at redis://[user:password@]host:port/db,
// rediss://… (TLS), unix://path, or mem://, an imitation in this process' memory
// that is gone when the queue is closed. It fails within five seconds if Redis
// does not answer, or is not one that can hold a queue. The caller must Close
// the queue.
func Open(ctx context.Context, url string, c Config) (*Queue, error) {
	l, err := dial(url, c.Dial)
	if err != nil {
		return nil, err
	}
	return open(ctx, l, c)
}

// New is Open with the options of a client of Redis, for what a URL cannot say:
// a cluster, sentinels, certificates. It makes its own clients from them; the
// one given stays the caller's, and unused.
func New(ctx context.Context, client redis.UniversalClient, c Config) (*Queue, error) {
	l, err := newLink(client)
	if err != nil {
		return nil, err
	}
	return open(ctx, l, c)
}

func open(ctx context.Context, l *link, c Config) (*Queue, error) {
	q, err := newQueue(l, c)
	if err == nil {
		err = q.greet(ctx)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	return q, nil
}

func newQueue(l *link, c Config) (*Queue, error) {
	c.Name, c.Shards = cmp.Or(c.Name, "default"), cmp.Or(c.Shards, 1)
	c.MaxPayload, c.MaxLength = cmp.Or(c.MaxPayload, 1<<20), cmp.Or(c.MaxLength, 1_000_000)
	c.MaxDead, c.MaxBatch = cmp.Or(c.MaxDead, 10_000), cmp.Or(c.MaxBatch, 10_000)
	if c.Codec == nil {
		c.Codec = jsonCodec{}
	}
	if err := checkName("name of the queue", c.Name, maxName); err != nil {
		return nil, err
	}
	if strings.ContainsAny(c.Name, "{}") {
		return nil, fmt.Errorf("name of the queue %q has a brace in it: clusters give it a meaning", c.Name)
	}
	if c.Shards < 1 || c.Shards > 1024 {
		return nil, fmt.Errorf("%d shards: must be from 1 to 1024", c.Shards)
	}
	for _, n := range []int{c.MaxPayload, c.MaxLength, c.MaxDead, c.MaxBatch} {
		if n < 0 {
			return nil, errors.New("a limit of the queue is negative")
		}
	}
	q := &Queue{config: c, link: l, client: strings.ToLower(rand.Text()[:12])}
	q.naming.groups = map[int64]*group{}
	for i := range c.Shards {
		name := c.Name
		if c.Shards > 1 {
			name += "/" + strconv.Itoa(i)
		}
		s := newShard(l, name)
		p := newPost(s, q.client, c.MaxLength)
		q.shards, q.post = append(q.shards, s), append(q.post, p)
		q.inbox = append(q.inbox, &inbox{shard: s, post: p, client: q.client, waiting: map[string]*waiter{}})
	}
	return q, nil
}

// Name is the queue's.
func (q *Queue) Name() string { return q.config.Name }

// Named returns another queue on the same connection. Close it before q.
func (q *Queue) Named(name string) (*Queue, error) {
	c := q.config
	c.Name = name
	l := *q.link
	l.close = func() error { return nil }
	other, err := newQueue(&l, c)
	if err != nil {
		return nil, err
	}
	for _, s := range other.shards {
		s.clock.set(q.shards[0].clock.read())
	}
	return other, nil
}

// Close ends the calls and waits that run, with [ErrClosed], and closes the
// connection. Workers of the queue must have ended before.
func (q *Queue) Close() error {
	if q.closed.Swap(true) {
		return nil
	}
	var errs []error
	for i := range q.shards {
		q.post[i].close()
		errs = append(errs, q.inbox[i].close())
	}
	return errors.Join(append(errs, q.link.close())...)
}

// shardOf finds the shard of an id: the one that a plain id names, or the one
// that its hash says.
func (q *Queue) shardOf(id string) *shard { return q.shards[q.indexOf(id)] }

func (q *Queue) indexOf(id string) int {
	if len(q.shards) == 1 {
		return 0
	}
	if i := strings.LastIndexByte(id, '~'); i >= 0 {
		if n, err := strconv.Atoi(id[i+1:]); err == nil && n >= 0 && n < len(q.shards) {
			return n
		}
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	return int(h.Sum32() % uint32(len(q.shards)))
}

// address gives messages what they still lack, an id and the time, and returns
// the numbers of those that go to each shard.
func (q *Queue) address(messages []message) (parts [][]int) {
	parts = make([][]int, len(q.shards))
	turn := -1 // plain jobs of a call go to one shard, so that they travel together
	for i := range messages {
		m := &messages[i]
		at := 0
		if m.id != "" {
			at = q.indexOf(m.id)
		} else {
			if turn < 0 {
				turn = int(q.next.Add(1) % uint32(len(q.shards)))
			}
			at = turn
			m.id = q.newID(m, at)
		}
		m.enqueued = q.shards[at].clock.read()
		if m.expires > 0 {
			m.expires += max(m.at, m.enqueued+max(-m.at, 0)) // from when it may begin
		}
		if parts[at] == nil {
			parts[at] = make([]int, 0, len(messages))
		}
		parts[at] = append(parts[at], i)
	}
	return parts
}

// newID makes an id for a job that was given none, "<client>-<group>.<member>".
// That of a plain one begins with plainID, and where there are several shards its
// end tells which. Plain jobs of a group keep their outcomes together, and equally
// long.
func (q *Queue) newID(m *message, at int) string {
	q.naming.Lock()
	keep := int64(0) // a group of its own for those that keep nothing, or apart
	if !m.recorded {
		keep = m.keep
	}
	g := q.naming.groups[keep]
	if g == nil || g.members == groupSize {
		q.naming.last++
		g = &group{number: q.naming.last}
		if len(q.naming.groups) > 1000 {
			clear(q.naming.groups)
		}
		q.naming.groups[keep] = g
	}
	number, member := g.number, g.members
	g.members++
	q.naming.Unlock()

	b := make([]byte, 0, 48)
	if !m.recorded {
		b = append(b, plainID...)
	}
	b = strconv.AppendInt(append(append(b, q.client...), '-'), number, 36)
	b = strconv.AppendInt(append(b, '.'), member, 36)
	if len(q.shards) > 1 {
		b = strconv.AppendInt(append(b, '~'), int64(at), 10)
	}
	return string(b)
}

// A group is jobs that were named one after the other.
type group struct{ number, members int64 }

// groupSize is how many jobs a group has: whoever looks for the outcome of one
// passes those of the others.
const groupSize = 128

// plainID is what no id that is chosen begins with.
const plainID = "~"

// enqueue sends messages and returns an error or nil for each.
func (q *Queue) enqueue(ctx context.Context, messages []message) []error {
	errs := make([]error, len(messages))
	if ctx.Err() != nil {
		for i := range errs {
			errs[i] = context.Cause(ctx)
		}
		return errs
	}
	var shards sync.WaitGroup
	for at, part := range q.address(messages) {
		if len(part) == 0 {
			continue
		}
		send := func() {
			verdicts, err := q.post[at].deliver(ctx, refer(messages, part))
			for k, i := range part {
				if errs[i] = err; err == nil {
					errs[i] = verdictError(verdicts[k])
				}
			}
		}
		if len(part) == len(messages) {
			send()
		} else {
			shards.Go(send)
		}
	}
	shards.Wait()
	return errs
}

// verdictError reads a letter of the script enqueue.
func verdictError(letter byte) error {
	switch letter {
	case '1':
		return nil
	case '0':
		return ErrDuplicate
	}
	return ErrFull
}

// greet asks Redis for the time, and whether it can hold a queue.
func (q *Queue) greet(ctx context.Context) error {
	ctx, cancel := patience(ctx)
	defer cancel()
	for _, s := range q.shards {
		if err := s.askTime(ctx); err != nil {
			return err
		}
	}
	return q.link.inspect(ctx)
}
