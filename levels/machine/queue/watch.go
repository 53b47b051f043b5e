package queue

import (
	"context"
	"errors"
)

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
