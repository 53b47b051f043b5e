package queue

import (
	"context"
	"errors"
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
			reply = p.Do(ctx, "xread", "count", 64, "block", block.Milliseconds(), "streams", key, last)
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
			b.fail(fmt.Errorf("read results: %w", refused(err)), func(*waiter) bool { return true })
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

// watchAgain looks after the jobs that are watched, and tells Redis again that
// they are.
func (b *inbox) watchAgain(ctx context.Context) error {
	b.mu.Lock()
	var ids []string
	for id, w := range b.waiting {
		for ; w != nil && !w.watches; w = w.next {
		}
		if w != nil {
			ids = append(ids, id)
		}
	}
	b.mu.Unlock()
	for len(ids) > 0 {
		n := min(len(ids), maxScript)
		if err := b.watch(ctx, ids[:n], nil); err != nil {
			return err
		}
		ids = ids[n:]
	}
	return nil
}

// watch asks for the outcomes of jobs, and delivers those that are known. A job
// with a record that is unknown to a fresh waiter has ended before. To others it is
// gone when it is unknown twice: once may be the moment between its end and its
// outcome's delivery.
func (b *inbox) watch(ctx context.Context, ids []string, fresh *waiter) error {
	infos, err := b.shard.look(ctx, b.client, ids)
	if err != nil {
		return err
	}
	for _, info := range infos {
		switch info.Status {
		case Done:
			b.deliver(outcome{id: info.ID, text: info.outcome})
		case Dead:
			b.deliver(outcome{id: info.ID, text: string(buried) + info.Error})
		case Unknown:
			b.miss(info.ID, fresh)
		}
	}
	return nil
}

func (b *inbox) miss(id string, fresh *waiter) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(id, func(w *waiter) bool {
		if !w.watches || !w.tracked || fresh != nil && w != fresh {
			return false
		}
		if w.missed++; w != fresh && w.missed < 2 {
			return false
		}
		w.outcomes <- outcome{id: id, err: ErrNotFound}
		return true
	})
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

// call enqueues messages and yields each outcome, in any order, from the calling
// goroutine. When ctx ends it aborts the rest and returns the cause. Another
// error means that none was enqueued.
func (q *Queue) call(ctx context.Context, messages []message, yield func(i int, o outcome)) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	for i := range messages {
		messages[i].client = q.client
	}
	parts := q.address(messages)
	outcomes := make(chan outcome, 2*len(messages)) // one from the post, one from the inbox
	waiters := make([]waiter, len(messages))
	for at, part := range parts {
		for _, i := range part {
			w := &waiters[i]
			w.outcomes = outcomes
			if err := q.inbox[at].await(messages[i].id, w); err != nil {
				return err
			}
			defer q.inbox[at].leave(messages[i].id, w)
		}
	}
	parcels := make([]*parcel, len(parts))
	for at, part := range parts {
		if len(part) > 0 {
			c := &parcel{messages: refer(messages, part), answered: make(chan struct{})}
			c.settled = func(verdicts []byte, err error) {
				c.verdicts = verdicts
				complain(part, verdicts, err, outcomes)
				close(c.answered)
			}
			parcels[at] = c
			q.post[at].send(c)
		}
	}
	return q.collect(ctx, parts, parcels, messages, outcomes, yield)
}

// refer returns those of the messages that a part names.
func refer(messages []message, part []int) []*message {
	refs := make([]*message, len(part))
	for k, i := range part {
		refs[k] = &messages[i]
	}
	return refs
}

// complain tells the outcomes of the calls of a part that were not enqueued.
func complain(part []int, verdicts []byte, err error, outcomes chan<- outcome) {
	for k, i := range part {
		e := err
		if e == nil {
			e = verdictError(verdicts[k])
		}
		if e != nil {
			outcomes <- outcome{not: i + 1, err: e}
		}
	}
}

// collect yields the outcomes of calls as they come.
func (q *Queue) collect(ctx context.Context, parts [][]int, parcels []*parcel, messages []message, outcomes <-chan outcome, yield func(int, outcome)) error {
	var indexes map[string]int
	ended := make([]bool, len(messages))
	if len(messages) > 1 {
		indexes = make(map[string]int, len(messages))
		for i := len(messages) - 1; i >= 0; i-- { // of those with the same id, only the first is enqueued
			indexes[messages[i].id] = i
		}
	}
	for left := len(messages); left > 0; {
		select {
		case o := <-outcomes:
			i := o.not - 1
			if i < 0 {
				i = indexes[o.id]
			}
			if !ended[i] {
				ended[i] = true
				left--
				yield(i, o)
			}
		case <-ctx.Done():
			q.abandon(parts, parcels, messages, ended)
			return context.Cause(ctx)
		}
	}
	return nil
}

// abandon aborts the calls that have not ended: those that were enqueued, not the
// jobs of others that have the same id. If Redis does not tell which were, those
// whose ids nobody else can have.
func (q *Queue) abandon(parts [][]int, parcels []*parcel, messages []message, ended []bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for at, part := range parts {
		if len(part) == 0 || q.post[at].cancel(parcels[at]) {
			continue
		}
		var verdicts []byte
		select {
		case <-parcels[at].answered:
			verdicts = parcels[at].verdicts
		case <-ctx.Done():
		}
		var ids []string
		for k, i := range part {
			id := messages[i].id
			if !ended[i] && (len(verdicts) > k && verdicts[k] == '1' || strings.HasPrefix(id, plainID)) {
				ids = append(ids, id)
			}
		}
		if len(ids) > 0 {
			q.shards[at].abort(context.WithoutCancel(ctx), ids) // if it cannot be told, the job runs for nobody
		}
	}
}

// wait waits for the outcome of a job that is in the queue, or was.
func (q *Queue) wait(ctx context.Context, id string, tracked bool) (string, error) {
	outcomes := make(chan outcome, 2)
	b := q.inbox[q.indexOf(id)]
	w := &waiter{outcomes: outcomes, watches: true, tracked: tracked}
	if err := b.await(id, w); err != nil {
		return "", err
	}
	defer b.leave(id, w)
	if err := b.watch(ctx, []string{id}, w); err != nil {
		return "", errors.Join(err, context.Cause(ctx))
	}
	select {
	case o := <-outcomes:
		return o.text, o.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
