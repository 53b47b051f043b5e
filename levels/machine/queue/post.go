package queue

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
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
	length  int // messages in them
	sending int
	free    []*stream // of numbers
	streams []*stream // all
	closed  bool
	idle    sync.WaitGroup // the sending goroutines
}

// senders is how many pipelines of a post may be under way: while Redis works on
// one, the next is put together.
const senders = 2

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
//
// As many jobs wait here as may wait in the shard, and no more. While callers are faster
// than Redis can turn them away, these would have no bound, though the queue has one.
func (p *post) send(c *parcel) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		c.settled(nil, ErrClosed)
		return
	}
	if p.length > 0 && p.length+len(c.messages) > p.maxLength {
		p.mu.Unlock()
		c.settled(bytes.Repeat([]byte{'f'}, len(c.messages)), nil)
		return
	}
	p.waiting = append(p.waiting, c)
	p.length += len(c.messages)
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
			s.known = s.sent
			s.hear(p.shard.clock.read())
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

func (p *post) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.idle.Wait()
}
