package queue

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// An inbox receives the outcomes of one program's jobs in one shard, from a
// stream that is its own. Its goroutine and its connection begin with the first call.
type inbox struct {
	shard  *shard
	post   *post
	client string

	mu      sync.Mutex
	waiting map[string]*waiter // by the id of the job; several are a list
	reader  redis.UniversalClient
	reading sync.WaitGroup
	closed  bool
}

// A waiter waits for the outcome of a job.
type waiter struct {
	outcomes chan<- outcome // with room for it
	watches  bool           // a job that it did not enqueue itself
	tracked  bool           // and that has a record
	missed   int            // how often look did not know it
	next     *waiter        // of the same job
}

// An outcome is how a job ended.
type outcome struct {
	id   string
	not  int    // the number of the job that was not enqueued, from 1; or 0
	text string // see readOutcome
	err  error  // why there is none
}

const (
	rewatch   = 20 * time.Second // how often waiters put themselves down again: Redis remembers them for a minute at least
	breathing = 100 * time.Millisecond
)

// await registers a waiter for a job. It fails if the inbox is closed.
func (b *inbox) await(id string, w *waiter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return ErrClosed
	}
	w.next = b.waiting[id]
	b.waiting[id] = w
	if b.reader == nil {
		b.reader = b.shard.link.blocking()
		b.reading.Go(b.read)
	}
	return nil
}

// leave removes a waiter, if it still waits.
func (b *inbox) leave(id string, w *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(id, func(o *waiter) bool { return o == w })
}

// remove removes waiters for a job. The caller holds mu.
func (b *inbox) remove(id string, which func(*waiter) bool) {
	first, known := b.waiting[id]
	for p := &first; *p != nil; {
		if which(*p) {
			*p = (*p).next
		} else {
			p = &(*p).next
		}
	}
	if first != nil {
		b.waiting[id] = first
	} else if known {
		delete(b.waiting, id)
	}
}

// deliver hands an outcome to those who wait for it. One that comes twice finds
// nobody.
func (b *inbox) deliver(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for w := b.waiting[o.id]; w != nil; w = w.next {
		w.outcomes <- o
	}
	delete(b.waiting, o.id)
}

// read delivers until the inbox is closed. The outcomes lie in a stream, and stay
// there after they were read, so that none is lost with a connection: what was
// delivered is trimmed with a later command.
func (b *inbox) read() {
	key := b.shard.prefix + "reply:" + b.client
	last, trimmed, unread := "0", "0", 0 // unread is how many bytes could be trimmed
	checked, watched := time.Now(), time.Now()
	for ctx := context.Background(); ; {
		var reply *redis.Cmd
		_, err := b.reader.Pipelined(ctx, func(p redis.Pipeliner) error {
			if last != trimmed && unread > 64<<10 {
				p.XTrimMinID(ctx, key, last)
				trimmed, unread = last, 0
			}
			reply = p.Do(ctx, "xread", "count", 8, "block", block.Milliseconds(), "streams", key, last)
			return nil
		})
		quiet := false
		if err = ignoreNil(err); err == nil {
			id, texts := readStream(reply.Val())
			if quiet = id == ""; !quiet {
				last = id
			}
			for _, text := range texts {
				unread += len(text) + 64
				id, text, _ := strings.Cut(text, " ")
				b.deliver(outcome{id: id, text: text})
			}
			if time.Since(checked) >= block-breathing {
				checked = time.Now()
				err = b.check(ctx, key, &last)
			}
			if err == nil && time.Since(watched) >= rewatch {
				watched = time.Now()
				err = b.watchAgain(ctx)
			}
		}
		switch {
		case err == nil:
			continue
		case b.isClosed():
			return
		case isReply(err) && !passes(err):
			b.fail(fmt.Errorf("read results: %w", b.shard.link.refused(err)), func(*waiter) bool { return true })
		}
		pause(ctx, breathing) // Redis is away: it may come back
	}
}

// readStream reads the answer to XREAD of one stream, whose fields'
// names mean nothing: the last id, or "" if there was nothing, and the values.
func readStream(v any) (last string, values []string) {
	streams, _ := v.([]any)
	if len(streams) != 1 {
		return "", nil
	}
	stream, _ := streams[0].([]any)
	if len(stream) != 2 {
		return "", nil
	}
	entries, _ := stream[1].([]any)
	values = make([]string, 0, len(entries))
	for _, e := range entries {
		pair, _ := e.([]any)
		if len(pair) != 2 {
			continue
		}
		last, _ = pair[0].(string)
		for field := range slices.Chunk(texts(pair[1]), 2) {
			values = append(values, field[len(field)-1])
		}
	}
	return last, values
}

func (b *inbox) isClosed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

// check fails the calls that Redis has forgotten. It reads the stream from its
// beginning again if that seems to lie in the future: it is a new one, made when
// Redis' clock was set back.
func (b *inbox) check(ctx context.Context, key string, last *string) error {
	b.mu.Lock()
	idle := len(b.waiting) == 0
	b.mu.Unlock()
	if idle {
		return nil
	}
	newest, err := b.shard.link.rdb.XRevRangeN(ctx, key, "+", "-", 1).Result()
	if err == nil && len(newest) > 0 && streamLess(newest[0].ID, *last) {
		*last = "0"
	}
	if err != nil {
		return err
	}
	lost, err := b.post.lost(ctx)
	if err == nil && lost {
		b.fail(fmt.Errorf("%w: Redis has lost its latest writes", ErrUnknown), func(w *waiter) bool { return !w.watches })
		b.post.settleLoss()
	}
	return err
}

// streamLess compares the ids of entries, "<ms>-<n>".
func streamLess(a, b string) bool {
	am, an, _ := strings.Cut(a, "-")
	bm, bn, _ := strings.Cut(b, "-")
	if am == bm {
		am, bm = an, bn
	}
	return len(am) < len(bm) || len(am) == len(bm) && am < bm
}

// fail tells waiters that there will be no outcome.
func (b *inbox) fail(err error, who func(*waiter) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for id := range b.waiting {
		b.remove(id, func(w *waiter) bool {
			if !who(w) {
				return false
			}
			w.outcomes <- outcome{id: id, err: err}
			return true
		})
	}
}

// close ends the reader. Whoever waits is told.
func (b *inbox) close() error {
	b.mu.Lock()
	b.closed = true
	reader := b.reader
	b.mu.Unlock()
	b.fail(ErrClosed, func(*waiter) bool { return true })
	if reader == nil {
		return nil
	}
	err := reader.Close() // ends what blocks
	b.reading.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	b.shard.link.rdb.Del(ctx, b.shard.prefix+"reply:"+b.client) // or it goes by itself
	return err
}
