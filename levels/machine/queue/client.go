package queue

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrDead says that a job was given up: too many workers died with it, or
	// Redis has forgotten it.
	ErrDead = errors.New("job is dead")

	// ErrRefused says that Redis answered with an error: a job that was to be
	// left is not in the queue.
	ErrRefused = errors.New("refused by Redis")
)

// A Client leaves jobs in a queue and waits for their results. One goroutine
// reads the results of all its jobs, from a list that is the client's own.
type Client struct {
	store *store
	name  string // of the client: new for each
	last  atomic.Int64

	patience time.Duration // of the reader, before it looks whether the jobs it waits for still exist

	mu      sync.Mutex // guards waiting, and orders calls.Add before calls.Wait
	waiting map[string]chan<- outcome
	calls   sync.WaitGroup

	reading chan struct{} // closed when the reader has ended
	failed  error         // why it has, unless the client is closed; to be read after that
	closed  atomic.Bool
}

var errClosed = errors.New("client is closed")

type outcome struct {
	id     string
	output []byte
	err    error
}

// NewClient connects to Redis. The caller must Close the client.
func NewClient(ctx context.Context, c Config) (*Client, error) {
	s, err := open(ctx, c)
	if err != nil {
		return nil, err
	}
	client := &Client{store: s, name: rand.Text(), patience: cmp.Or(c.patience, 5*time.Second), waiting: map[string]chan<- outcome{}, reading: make(chan struct{})}
	go client.read() // Close waits for it
	return client, nil
}

// Call leaves one job for each payload, and hands each result to yield as it
// comes, with the payload's number: once for each, in any order, from the
// calling goroutine. It blocks until all have come or ctx ends; then it cancels
// the rest and returns the cause. Any other error means that the jobs were not,
// or not surely, left in the queue; they are cancelled as far as Redis can be
// reached.
func (c *Client) Call(ctx context.Context, payloads [][]byte, yield func(i int, output []byte, err error)) error {
	ids, numbers := make([]string, len(payloads)), make(map[string]int, len(payloads))
	for i := range ids {
		ids[i] = c.name + "/" + strconv.FormatInt(c.last.Add(1), 10)
		numbers[ids[i]] = i
	}
	outcomes := make(chan outcome, len(ids)) // so that the reader never blocks
	if !c.await(ids, outcomes) {
		return errClosed
	}
	defer c.forget(ids)
	err := c.store.enqueue(ctx, ids, payloads)
	for err == nil && len(numbers) > 0 {
		select {
		case o := <-outcomes:
			if i, ok := numbers[o.id]; ok {
				delete(numbers, o.id)
				yield(i, o.output, o.err)
			}
		case <-ctx.Done():
			err = context.Cause(ctx)
		case <-c.reading:
			err = cmp.Or(c.failed, errClosed)
		}
	}
	if err == nil {
		return nil
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	c.store.cancel(patience, ids) // if it cannot be told, the job runs for nobody
	return err
}

// await begins a call, unless the client is closed.
func (c *Client) await(ids []string, outcomes chan<- outcome) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed.Load() {
		return false
	}
	c.calls.Add(1)
	for _, id := range ids {
		c.waiting[id] = outcomes
	}
	return true
}

// forget ends a call.
func (c *Client) forget(ids []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.calls.Done()
	for _, id := range ids {
		delete(c.waiting, id)
	}
}

// read delivers results until the client is closed. A result stays in the list
// until it is delivered, so that none is lost with a connection: it blocks by
// moving the head of the list to where it is, and takes away only what it has
// seen. A result that comes twice finds nobody waiting.
func (c *Client) read() {
	defer close(c.reading)
	ctx, list := context.Background(), c.store.replyKey(c.name)
	missing, swept := map[string]bool{}, time.Now()
	for !c.closed.Load() {
		// BLMOVE list list LEFT LEFT: to see the head, or wait for one
		_, err := c.store.rdb.BLMove(ctx, list, list, "left", "left", c.patience).Result()
		if err == nil {
			err = c.drain(ctx, list)
		}
		if ignoreNil(err) == nil && time.Since(swept) >= c.patience {
			missing, err = c.sweep(ctx, missing)
			swept = time.Now()
		}
		switch {
		case ignoreNil(err) == nil || c.closed.Load():
		case isReply(err) && !redis.HasErrorPrefix(err, "LOADING"):
			c.failed = fmt.Errorf("%w: read results: %w", ErrRefused, err)
			return
		default:
			time.Sleep(100 * time.Millisecond) // Redis is away: it may come back
		}
	}
}

// drain delivers what is in the list, a few results at a time if they are large.
func (c *Client) drain(ctx context.Context, list string) error {
	for last := int64(255); ; {
		replies, err := c.store.rdb.LRange(ctx, list, 0, last).Result()
		if err != nil || len(replies) == 0 {
			return err
		}
		c.deliver(replies)
		if err := c.store.rdb.LTrim(ctx, list, int64(len(replies)), -1).Err(); err != nil {
			return err
		}
		if last = 255; len(replies[0]) > 64<<10 {
			last = 0
		}
	}
}

// sweep gives up the jobs that Redis does not know, now and at the last sweep:
// it was restarted, or flushed, or has evicted them. A job is known until its
// result is in the list, which has been drained since the last sweep.
func (c *Client) sweep(ctx context.Context, missing map[string]bool) (map[string]bool, error) {
	c.mu.Lock()
	ids := slices.Collect(maps.Keys(c.waiting))
	c.mu.Unlock()
	if len(ids) == 0 {
		return nil, nil
	}
	unknown, err := c.store.unknown(ctx, ids)
	if err != nil {
		return missing, err
	}
	again := map[string]bool{}
	for _, id := range unknown {
		if missing[id] {
			c.deliver([]string{id + " dead Redis has forgotten it"})
		} else {
			again[id] = true
		}
	}
	return again, nil
}

func (c *Client) deliver(replies []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range replies {
		id, how, text := splitReply(r)
		outcomes := c.waiting[id]
		if outcomes == nil {
			continue // the caller has left, or it came before
		}
		delete(c.waiting, id)
		switch how {
		case "done":
			outcomes <- outcome{id: id, output: []byte(text)}
		default:
			outcomes <- outcome{id: id, err: fmt.Errorf("%w: %s", ErrDead, text)}
		}
	}
}

// Close ends the client and removes its list. Calls that are running fail, and
// cancel their jobs.
func (c *Client) Close() error {
	c.mu.Lock()
	again := c.closed.Swap(true)
	c.mu.Unlock()
	if again {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	list := c.store.replyKey(c.name)
	c.store.rdb.RPush(ctx, list, "closing") // wakes the reader
	select {
	case <-c.reading:
		c.calls.Wait()
	case <-ctx.Done(): // Redis is away: closing the connection ends the reader
	}
	err := c.store.rdb.Del(ctx, list).Err()
	err = errors.Join(err, c.store.rdb.Close())
	<-c.reading
	c.calls.Wait()
	return err
}
