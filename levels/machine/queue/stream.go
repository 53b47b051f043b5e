package queue

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// A stream numbers scripts.
type stream struct {
	name  string
	sent  int64     // the last number used; owned by who took the stream
	known int64     // the last number that Redis has acknowledged; guarded by post.mu, as are the others
	heard time.Time // when Redis last knew it: after ten minutes it need not
	clock int64     // what Redis' clock showed then
}

// hear notes that Redis has answered, at a time by its clock.
func (s *stream) hear(now int64) { s.heard, s.clock = time.Now(), now }

// aged reports whether Redis' clock has jumped so far ahead that the number may have
// gone with its time.
func (s *stream) aged(now int64) bool {
	return now-s.clock-time.Since(s.heard).Milliseconds() > (callLife / 4).Milliseconds()
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

// lost asks whether Redis has forgotten jobs that it had acknowledged: it
// was restarted, or replaced, without its latest writes. It asks for the numbers
// of the streams, which would be forgotten with them.
func (p *post) lost(ctx context.Context) (bool, error) {
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
	if slices.ContainsFunc(promises, promise.broken) { // maybe because of Redis' clock
		if err := p.shard.askTime(ctx); err != nil {
			return false, err
		}
	}
	now := p.shard.clock.read()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pr := range promises {
		switch {
		case pr.broken() && !pr.stream.aged(now):
			return true, nil
		case pr.broken():
			pr.stream.known = 0
		default:
			pr.stream.hear(now)
		}
	}
	return false, nil
}

// A promise is a number that Redis has acknowledged, and what it says now.
type promise struct {
	stream *stream
	known  int64
	now    *redis.StringCmd
}

func (p promise) broken() bool {
	text, _, _ := strings.Cut(p.now.Val(), " ")
	n, _ := strconv.ParseInt(text, 10, 64)
	return n < p.known
}

// settleLoss lets the streams begin anew after a loss.
func (p *post) settleLoss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.streams {
		s.known = 0
	}
}
