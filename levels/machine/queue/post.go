package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A post sends the jobs of one program to one shard. What comes while the last
// pipeline is on its way goes with the next one, so that a thousand callers cost
// hardly more round trips than one, and a lone one waits for nobody ("group
// commit").
//
// A job is enqueued once, even if the answer to that was lost and it is sent
// again: the scripts of a post are numbered, as TCP numbers bytes and Kafka's
// idempotent producer its batches, and Redis remembers the last number. There
// is one such stream for each script under way.
type post struct {
	shard     *shard
	client    string
	maxLength int

	mu      sync.Mutex
	waiting []*parcel
	sending int
	free    []*stream // of numbers
	streams []*stream // all
	closed  bool
	idle    sync.WaitGroup // the sending goroutines
}

// senders is how many pipelines of a post may be under way: while Redis works on
// one, the next is put together.
const senders = 2

// A stream numbers scripts.
type stream struct {
	name  string
	sent  int64     // the last number used; owned by who took the stream
	known int64     // the last number that Redis has acknowledged; guarded by post.mu, as is
	heard time.Time // when Redis last knew it: after ten minutes it need not
}

// A parcel is what one caller sends.
type parcel struct {
	messages []*message
	cron     string // the entry that asks, if one does
	tick     int64

	// settled is told how it went, once, and must not block.
	settled func(verdicts []byte, err error)

	answered chan struct{} // of a call: closed by settled

	taken     bool // by a sender; guarded by post.mu
	cancelled bool
	verdicts  []byte
}

func newPost(s *shard, client string, maxLength int) *post {
	return &post{shard: s, client: client, maxLength: maxLength}
}

// send has a parcel sent: by the caller itself, if there are few enough that send,
// which saves a lone caller the way to another goroutine and back. What others
// have left meanwhile, and what is not answered at once, a goroutine sees to.
func (p *post) send(c *parcel) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		c.settled(nil, ErrClosed)
		return
	}
	p.waiting = append(p.waiting, c)
	lead := p.sending < senders
	if lead {
		p.sending++
		p.idle.Add(1)
	}
	p.mu.Unlock()
	if !lead {
		return
	}
	b := p.pack()
	err := p.try(b)
	if err == nil && p.settle(b, nil) {
		p.idle.Done()
		return
	}
	go func() { // close waits for it
		defer p.idle.Done()
		if err != nil && p.settle(b, p.insist(b, err)) {
			return
		}
		for {
			if b := p.pack(); p.settle(b, p.insist(b, p.try(b))) {
				return
			}
		}
	}()
}

// cancel takes a parcel back, and reports whether it was not under way yet.
func (p *post) cancel(c *parcel) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.cancelled = true
	return !c.taken
}

// deliver sends messages and waits for the verdicts.
func (p *post) deliver(ctx context.Context, messages []*message) ([]byte, error) {
	type answer struct {
		verdicts []byte
		err      error
	}
	answered := make(chan answer, 1)
	c := &parcel{messages: messages, settled: func(verdicts []byte, err error) { answered <- answer{verdicts, err} }}
	p.send(c)
	select {
	case a := <-answered:
		return a.verdicts, a.err
	case <-ctx.Done():
	}
	if p.cancel(c) {
		return nil, context.Cause(ctx)
	}
	select {
	case a := <-answered:
		return a.verdicts, a.err
	default:
		return nil, fmt.Errorf("%w: %w", ErrUnknown, context.Cause(ctx))
	}
}

// A bundle is what travels in one pipeline.
type bundle struct {
	parcels []*parcel
	steps   []*step
	streams []*stream
}

// try sends a bundle once.
func (p *post) try(b bundle) error {
	if len(b.steps) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), answer)
	defer cancel()
	return p.shard.pipeline(ctx, p.shard.link.rdb, nil, nil, b.steps...)
}

// insist sends a bundle again that was tried with an error, as long as there is
// patience.
func (p *post) insist(b bundle, err error) error {
	if err == nil {
		return nil
	}
	ctx, cancel := patience(context.Background())
	defer cancel()
	err = p.shard.insist(ctx, func() error {
		if first := err; first != nil {
			err = nil
			return first
		}
		return p.shard.pipeline(ctx, p.shard.link.rdb, nil, nil, b.steps...)
	})
	for _, s := range b.steps {
		if errors.Is(err, ErrRefused) && s.reply.Err() == nil { // some of the jobs, not all
			return fmt.Errorf("%w: %w", ErrUnknown, err)
		}
	}
	return err
}

// settle tells how a bundle went, and reports whether nothing waits then, so that
// this sender is done.
func (p *post) settle(b bundle, err error) (done bool) {
	if err == nil {
		err = p.unpack(b.parcels, b.steps)
	}
	p.mu.Lock()
	for _, s := range b.streams {
		if err == nil {
			s.known, s.heard = s.sent, time.Now()
		}
	}
	p.free = append(p.free, b.streams...)
	if done = len(p.waiting) == 0; done {
		p.sending--
	}
	p.mu.Unlock()
	for _, c := range b.parcels {
		c.settled(c.verdicts, err)
	}
	return done
}

// A pipeline holds this much at most.
const (
	maxMessages = 10_000
	maxBytes    = 8 << 20
)

// pack takes parcels that wait and makes the scripts that send them. The
// messages of a script stand with the plain ones first, in the order of the
// parcels otherwise.
func (p *post) pack() (b bundle) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, size, taken := 0, 0, 0
	for _, c := range p.waiting {
		if n > 0 && (n+len(c.messages) > maxMessages || size > maxBytes || c.cron != "" || b.parcels[0].cron != "") {
			break
		}
		taken++
		if c.cancelled {
			continue
		}
		c.taken = true
		b.parcels = append(b.parcels, c)
		for _, m := range c.messages {
			n, size = n+1, size+len(m.payload)
		}
	}
	p.waiting = append(p.waiting[:0], p.waiting[taken:]...)
	if len(b.parcels) == 0 { // all were cancelled
		return b
	}
	var plain, recorded []*message
	for chunk := range chunks(b.parcels) {
		plain, recorded = plain[:0], recorded[:0]
		for _, m := range chunk {
			if m.recorded {
				recorded = append(recorded, m)
			} else {
				plain = append(plain, m)
			}
		}
		s := p.stream()
		b.streams = append(b.streams, s)
		args := make([]any, 0, 7+len(plain)+3*len(recorded))
		args = append(args, s.name, number(s.sent), p.maxLength, b.parcels[0].cron, b.parcels[0].tick, len(plain), p.shard.clock.stale())
		for _, m := range plain {
			args = append(args, m.entry())
		}
		for _, m := range recorded {
			args = append(args, m.id, m.appendEnvelope(nil), m.at)
		}
		b.steps = append(b.steps, &step{script: enqueueScript, args: args})
	}
	return b
}

// stream takes a stream that nobody uses, and its next number.
func (p *post) stream() (s *stream) {
	if n := len(p.free); n > 0 {
		s, p.free = p.free[n-1], p.free[:n-1]
	} else {
		s = &stream{name: p.client + "." + strconv.Itoa(len(p.streams))}
		p.streams = append(p.streams, s)
	}
	s.sent++
	return s
}

// chunks yields the messages of parcels, as many at a time as a script takes.
func chunks(parcels []*parcel) func(yield func([]*message) bool) {
	return func(yield func([]*message) bool) {
		var chunk []*message
		size := 0
		for _, c := range parcels {
			for _, m := range c.messages {
				chunk, size = append(chunk, m), size+len(m.payload)
				if len(chunk) == maxScript || size > maxBytes {
					if !yield(chunk) {
						return
					}
					chunk, size = chunk[:0], 0
				}
			}
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}

// unpack reads the verdicts, and hands each parcel its own.
func (p *post) unpack(parcels []*parcel, steps []*step) error {
	i := 0
	verdict := map[*message]byte(nil)
	for chunk := range chunks(parcels) {
		letters, err := p.verdicts(steps[i].reply, len(chunk))
		if err != nil {
			return err
		}
		i++
		if i == 1 && len(steps) == 1 && uniform(chunk) { // the letters stand in the messages' order
			for _, c := range parcels {
				c.verdicts, letters = letters[:len(c.messages)], letters[len(c.messages):]
			}
			return nil
		}
		if verdict == nil {
			verdict = map[*message]byte{}
		}
		for _, recorded := range []bool{false, true} {
			for _, m := range chunk {
				if m.recorded == recorded {
					verdict[m], letters = letters[0], letters[1:]
				}
			}
		}
	}
	for _, c := range parcels {
		for _, m := range c.messages {
			c.verdicts = append(c.verdicts, verdict[m])
		}
	}
	return nil
}

// uniform reports whether all messages, or none, have a record.
func uniform(messages []*message) bool {
	for _, m := range messages {
		if m.recorded != messages[0].recorded {
			return false
		}
	}
	return true
}

// verdicts reads the answer of the script enqueue.
func (p *post) verdicts(reply *redis.Cmd, n int) ([]byte, error) {
	fields, err := reply.Slice()
	if err != nil {
		return nil, err
	}
	if len(fields) == 2 {
		now, _ := fields[0].(int64)
		letters, _ := fields[1].(string)
		if len(letters) == n {
			if now > 0 {
				p.shard.clock.set(now)
			}
			return []byte(letters), nil
		}
	}
	return nil, fmt.Errorf("%w: enqueue: the answer %.80q cannot be read", ErrUnknown, fmt.Sprint(fields))
}

// lost asks whether Redis has forgotten jobs that it had acknowledged: it
// was restarted, or replaced, without its latest writes. It asks for the numbers
// of the streams, which would be forgotten with them.
func (p *post) lost(ctx context.Context) (bool, error) {
	type promise struct {
		stream *stream
		known  int64
		now    *redis.StringCmd
	}
	var promises []promise
	p.mu.Lock()
	for _, s := range p.streams {
		if s.known > 0 && time.Since(s.heard) < callLife/2 {
			promises = append(promises, promise{stream: s, known: s.known})
		}
	}
	p.mu.Unlock()
	if len(promises) == 0 {
		return false, nil
	}
	_, err := p.shard.link.rdb.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := range promises {
			key := p.shard.prefix + "sent:" + promises[i].stream.name
			promises[i].now = pipe.Get(ctx, key)
			pipe.PExpire(ctx, key, callLife)
		}
		return nil
	})
	if err = ignoreNil(err); err != nil {
		return false, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, promise := range promises {
		text, _, _ := strings.Cut(promise.now.Val(), " ")
		if n, _ := strconv.ParseInt(text, 10, 64); n < promise.known {
			return true, nil
		}
		promise.stream.heard = time.Now()
	}
	return false, nil
}

// settleLoss lets the streams begin anew after a loss.
func (p *post) settleLoss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.streams {
		s.known = 0
	}
}

func (p *post) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.idle.Wait()
}
