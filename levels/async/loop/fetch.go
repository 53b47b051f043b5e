package loop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const patience = 30 * time.Second // for a fetch: one that never ends is worse than one that fails

// Get returns a Func that fetches the URL that is its input. The output is the body,
// or what then makes of it, on the loop; then may be nil. The body is lent to then: its
// memory is another's as soon as then returns, so no part of it may be kept, or be the
// output. It is for tasks like io and words of package workload:
//
//	Async: map[string]loop.Func{"io": loop.Get(nil), "words": loop.Get(countWords)}
//
// A fetch is a GET over HTTP/1.1 that follows no redirect: another status than 200 is
// an error. The host is an IP address or localhost, which is 127.0.0.1: looking up
// a name would block the loop. Connections are kept for the next fetch.
func Get(then func(ctx context.Context, input, body []byte) ([]byte, error)) Func {
	if then == nil {
		return func(c *Call) { c.Fetch(string(c.Input), c.Done) }
	}
	return func(c *Call) {
		memory := &c.loop.client.memory
		c.fetch(&fetch{url: string(c.Input), answer: response{memory: memory}, then: func(body []byte, err error) {
			var output []byte
			if err == nil {
				output, err = then(c.Ctx, c.Input, body)
			}
			c.Done(output, err)
			memory.giveBack(body)
		}})
	}
}

// A fetch is a request, from its start until it has an answer.
type fetch struct {
	call     *Call
	then     func([]byte, error)
	url      string
	key      string // the host and port of the URL
	target   string // the rest of it
	conn     *conn  // nil while it has none
	answer   response
	began    bool // an answer has
	repeated bool
	parked   bool // once at least
	deadline time.Time
	link     link[op]     // among the operations of the call
	place    link[*fetch] // among all fetches, the oldest first
	waiting  link[*fetch] // among those that have no descriptor yet
}

// fetch begins f.
func (l *loop) fetch(f *fetch) {
	f.deadline = time.Now().Add(l.client.patience)
	l.client.fetches.push(&f.place, f)
	var err error
	if f.key, f.target, err = split(f.url); err != nil {
		l.settle(f, nil, err)
		return
	}
	if l.client.parked.first() != nil { // whoever waits was first
		f.parked = true
		l.client.parked.push(&f.waiting, f)
		return
	}
	l.seek(f)
}

// seek finds a connection for f.
func (l *loop) seek(f *fetch) {
	if h := l.client.hosts[f.key]; h != nil && !f.repeated {
		if c := h.idle.last(); c != nil { // the last one is the least likely to be closed by the server
			c.link.leave()
			l.send(c, f)
			return
		}
	}
	c, err := l.dial(f.key)
	switch {
	case errors.Is(err, errFull) && l.client.open > 0:
		l.park(f)
	case err != nil:
		l.settle(f, nil, err)
	default:
		l.send(c, f)
	}
}

// request writes the request of f into a buffer that is good until the next.
func (l *loop) request(f *fetch) []byte {
	b := append(l.client.request[:0], "GET "...)
	b = append(b, f.target...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, f.key...)
	b = append(b, "\r\n\r\n"...)
	l.client.request = b
	return b
}

// answered ends f with what its answer says.
func (l *loop) answered(f *fetch) {
	r := &f.answer
	if r.status == 200 {
		l.settle(f, r.body, nil)
		return
	}
	reason, _, _ := bytes.Cut(r.body, []byte("\n"))
	l.settle(f, nil, fmt.Errorf("status %.100s: %.200q", r.text, reason))
}

// settle ends f. Its callback is due.
func (l *loop) settle(f *fetch, body []byte, err error) {
	if err != nil {
		shown := f.url
		if strings.Contains(f.key, "@") || f.key == "" && strings.Contains(shown, "@") { // a password is nobody's business
			shown = "http://..."
		}
		body, err = nil, fmt.Errorf("fetch %.500q: %w", shown, err)
	}
	f.leave()
	l.ready = append(l.ready, ready{call: f.call, then: f.then, output: body, err: err})
}

func (f *fetch) leave() {
	f.link.leave()
	f.place.leave()
	f.waiting.leave()
}

// callOff implements op. A connection that owes an answer is of no use any more.
func (f *fetch) callOff() {
	f.leave()
	if f.conn != nil {
		f.call.loop.hangUp(f.conn)
	}
}

// expireFetches fails those that took too long.
func (l *loop) expireFetches() {
	for f := l.client.fetches.first(); f != nil && !f.deadline.After(l.now); f = l.client.fetches.first() {
		f.callOff()
		l.settle(f, nil, fmt.Errorf("no answer within %v", l.client.patience))
	}
	if s := l.client.sweep; !s.IsZero() && !s.After(l.now) {
		l.sweep()
	}
}
