package queue

import (
	"context"
	"strings"
	"time"
)

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
