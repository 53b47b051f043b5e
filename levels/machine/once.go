package machine

import (
	"container/list"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/internal/serve"
)

// A memory sees to it that a request runs once, however often it comes. It keeps of each
// sender the last request, and its answer until the next one or for a minute. A sender
// has one request on its way at a time, so no other can come again.
//
// What is forgotten does not run again: a sender says when it sends something for
// another time, and then nobody knows whether it ran. So there is a price for the
// bounds, a minute, 4096 senders and 64 MiB of answers, but never a second run.
// A worker that has started anew remembers nobody, which is the same.
type memory struct {
	once sync.Once
	name string // of this worker: nobody else's

	mu    sync.Mutex
	last  map[string]*outcome // by sender
	ended list.List           // of those in last, the ones that have ended, the oldest first
	bytes int                 // of their answers
}

const (
	keepFor     = time.Minute
	keepSenders = 4096
	keepBytes   = 64 << 20

	// comeBack is how long tasks go on whose caller's connection has broken: it has
	// time to ask again.
	comeBack = 2 * time.Second
)

// An outcome is what becomes of a request.
type outcome struct {
	key    key
	ctx    context.Context // of its tasks: a broken connection does not end it at once
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when the tasks have ended
	answer []byte        // not to be read before; nil if there is none
	at     time.Time     // when they ended

	waiting int           // for the answer: connections
	leaving *time.Timer   // cancels the tasks, if nobody waits
	place   *list.Element // in ended
}

var (
	errForgotten = errors.New("this request may have run: this worker does not remember, or has started anew")
	errOld       = errors.New("this request is over: its sender has sent another one, or has given it up")
	errNoAnswer  = errors.New("this request ran and has no answer: its tasks broke off")
	errGivenUp   = errors.New("the caller has given up")
)

// worker is the name of the worker whose memory it is.
func (m *memory) worker() string {
	m.once.Do(func() { m.name = rand.Text() })
	return m.name
}

// open returns what becomes of the request, and whether it is new, so that the caller is
// to run it. It fails for a request that must not run.
func (m *memory) open(ctx context.Context, k key) (o *outcome, isNew bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trim()
	o = m.last[k.sender]
	switch {
	case k.again && (o == nil || o.key.number < k.number && !k.pinned): // the first may have gone to another worker
		return nil, false, errForgotten
	case o != nil && o.key.number > k.number:
		return nil, false, errOld
	case o != nil && o.key.number == k.number:
		o.waiting++
		if o.leaving != nil {
			o.leaving.Stop()
		}
		return o, false, nil
	}
	o = m.begin(ctx, k)
	o.waiting = 1
	return o, true, nil
}

// begin makes a request the last of its sender, who therefore no longer waits for the one
// before.
func (m *memory) begin(ctx context.Context, k key) *outcome {
	if before := m.last[k.sender]; before != nil {
		before.cancel(errGivenUp)
		m.drop(before)
	}
	o := &outcome{key: k, done: make(chan struct{})}
	o.ctx, o.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	if m.last == nil {
		m.last = map[string]*outcome{}
	}
	m.last[k.sender] = o
	return o
}

// leave is for a connection that ends. If nobody else waits for the outcome, its tasks are
// cancelled: at once if it is the worker that ends, or else if nobody comes back.
func (m *memory) leave(o *outcome, why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o.waiting--
	if o.waiting > 0 || !o.at.IsZero() {
		return
	}
	if errors.Is(why, serve.ErrCutOff) {
		o.cancel(why)
		return
	}
	o.leaving = time.AfterFunc(comeBack, func() { o.cancel(errGivenUp) })
}

// finish notes that the tasks have ended, and wakes who waits for the answer.
func (m *memory) finish(o *outcome, answer []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o.answer, o.at = answer, time.Now()
	o.cancel(nil)
	close(o.done)
	if m.last[o.key.sender] == o { // or else its sender has gone on
		o.place = m.ended.PushBack(o)
		m.bytes += len(answer)
		m.trim()
	}
}

// giveUp cancels the tasks of a request. If it has not come yet, it will not run.
func (m *memory) giveUp(k key) {
	m.mu.Lock()
	o := m.last[k.sender]
	if o != nil && o.key.number == k.number {
		o.cancel(errGivenUp)
	}
	late := o != nil && o.key.number >= k.number
	if !late {
		o = m.begin(context.Background(), k)
	}
	m.mu.Unlock()
	if !late {
		m.finish(o, nil)
	}
}

// trim forgets what is too old or too much.
func (m *memory) trim() {
	for e := m.ended.Front(); e != nil; e = m.ended.Front() {
		o := e.Value.(*outcome)
		if time.Since(o.at) < keepFor && m.ended.Len() <= keepSenders && m.bytes <= keepBytes {
			return
		}
		m.drop(o)
	}
}

// drop forgets an outcome. Who waits for it still gets it.
func (m *memory) drop(o *outcome) {
	delete(m.last, o.key.sender)
	if o.place != nil {
		m.ended.Remove(o.place)
		m.bytes -= len(o.answer)
		o.place = nil
	}
}
