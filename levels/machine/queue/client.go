package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// ErrDead says that a job was given up: too many workers died with it.
var ErrDead = errors.New("job is dead")

// A Client leaves jobs in a queue and waits for their results. One goroutine
// reads the results of all its jobs, from a list that is the client's own.
type Client struct {
	store *store
	name  string // of the client: new for each
	last  atomic.Int64

	mu      sync.Mutex // guards waiting, and orders calls.Add before calls.Wait
	waiting map[string]chan<- outcome
	calls   sync.WaitGroup

	reading chan struct{} // closed when the reader has ended
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
	client := &Client{store: s, name: rand.Text(), waiting: map[string]chan<- outcome{}, reading: make(chan struct{})}
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
			err = errClosed
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
	for !c.closed.Load() {
		// BLMOVE list list LEFT LEFT: to see the head, or wait for one
		_, err := c.store.rdb.BLMove(ctx, list, list, "left", "left", 5*time.Second).Result()
		for n := int64(1); err == nil && n > 0; {
			var replies []string
			if replies, err = c.store.rdb.LRange(ctx, list, 0, 255).Result(); err == nil {
				c.deliver(replies)
				n = int64(len(replies))
				err = c.store.rdb.LTrim(ctx, list, n, -1).Err()
			}
		}
		if ignoreNil(err) != nil && !c.closed.Load() {
			time.Sleep(100 * time.Millisecond) // Redis is away: it may come back
		}
	}
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
