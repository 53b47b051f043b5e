package queue_test

import (
	"bytes"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// A link is a way to Redis on which things go wrong: it can be frozen, cut, taken
// down, and made to have a fault at a given command.
type link struct {
	URL    string
	target string
	l      net.Listener
	gone   chan struct{}  // closed by close
	ends   sync.WaitGroup // accepting, and the relays

	mu     sync.Mutex // guards what follows
	conns  map[net.Conn]bool
	closed bool
	down   bool
	frozen chan struct{} // nil, or closed by thaw
	next   *fault        // nil if there is none
}

// A fault happens to the connection that carries a command.
type fault struct {
	kind    kind
	command string
	with    []string      // what stands in the same pipeline
	seen    chan struct{} // closed when the command comes along
	hit     chan struct{} // closed when the connection breaks
	release chan struct{} // to be closed: a late or slow command reaches Redis then
	arrived chan struct{} // closed when Redis has answered to a late command
}

type kind string

const (
	before  kind = "before"  // the connection breaks, and Redis gets nothing
	between kind = "between" // Redis gets the command, and not what follows in its pipeline; the connection breaks at its answer
	after   kind = "after"   // Redis gets the command, and the connection breaks at its answer
	late    kind = "late"    // the connection breaks, and Redis gets the command all the same, later
	stray   kind = "stray"   // like late, and Redis does not get what follows in its pipeline
	slow    kind = "slow"    // Redis gets the command later
)

func newLink(t *testing.T, rawURL string) *link {
	t.Helper()
	u, err := url.Parse(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k := &link{target: u.Host, l: l, gone: make(chan struct{}), conns: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	k.URL = u.String()
	k.ends.Go(k.accept)
	t.Cleanup(k.close)
	return k
}

func (k *link) close() {
	k.thaw()
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	k.l.Close()
	close(k.gone)
	k.cut()
	k.ends.Wait()
}

// cut breaks all connections.
func (k *link) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns {
		c.Close()
	}
	clear(k.conns)
}

// setDown breaks all connections and lets no new ones through, or lets them.
func (k *link) setDown(down bool) {
	k.mu.Lock()
	k.down = down
	k.mu.Unlock()
	if down {
		k.cut()
	}
}

// freeze holds all bytes back, as if the machine behind the link had stopped.
func (k *link) freeze() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.frozen == nil {
		k.frozen = make(chan struct{})
	}
}

func (k *link) thaw() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.frozen != nil {
		close(k.frozen)
		k.frozen = nil
	}
}

// fault sets the next fault: at a command, of a pipeline in which there are others.
func (k *link) fault(kind kind, command string, with ...string) *fault {
	f := &fault{kind: kind, command: command, with: with, seen: make(chan struct{}), hit: make(chan struct{}), release: make(chan struct{}), arrived: make(chan struct{})}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.next = f
	return f
}

// match returns the fault that happens to a piece of a pipeline, if one does, and
// where its command ends.
func (k *link) match(piece []byte) (*fault, int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.next == nil {
		return nil, 0
	}
	at := bytes.Index(piece, []byte(k.next.command))
	if at < 0 || slices.ContainsFunc(k.next.with, func(s string) bool { return !bytes.Contains(piece, []byte(s)) }) {
		return nil, 0
	}
	f := k.next
	k.next = nil
	close(f.seen)
	if n := bytes.Index(piece[at:], []byte("\r\n*")); n >= 0 {
		return f, at + n + len("\r\n")
	}
	return f, len(piece)
}

func (k *link) accept() {
	for {
		c, err := k.l.Accept()
		if err != nil {
			return
		}
		if !k.add(c) {
			continue
		}
		s, err := net.Dial("tcp", k.target)
		if err != nil {
			c.Close()
			continue
		}
		if !k.add(s) {
			c.Close()
			continue
		}
		r := &relay{link: k, client: c, server: s}
		k.ends.Go(r.requests)
		k.ends.Go(r.answers)
	}
}

func (k *link) add(c net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down || k.closed {
		c.Close()
		return false
	}
	k.conns[c] = true
	return true
}

// pass waits while the link is frozen.
func (k *link) pass() {
	k.mu.Lock()
	frozen := k.frozen
	k.mu.Unlock()
	if frozen != nil {
		<-frozen
	}
}

// A relay is one connection through a link.
type relay struct {
	link           *link
	client, server net.Conn

	mu      sync.Mutex // guards pending
	pending *fault     // nil, or what happens when the next answer comes
}

func (r *relay) close() {
	r.client.Close()
	r.server.Close()
}

// requests passes on what the client sends. What it sent before it closed the
// connection reaches Redis, as it may with TCP.
func (r *relay) requests() {
	defer r.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := r.client.Read(buf)
		r.link.pass()
		if n > 0 && !r.request(buf[:n]) || err != nil {
			return
		}
	}
}

func (r *relay) request(b []byte) bool {
	f, end := r.link.match(b)
	if f != nil {
		switch f.kind {
		case before:
			r.close()
			close(f.hit)
			return false
		case between:
			b = b[:end]
			r.expect(f)
		case after:
			r.expect(f)
		case late, stray:
			if f.kind == stray {
				b = b[:end]
			}
			r.client.Close()
			close(f.hit)
			r.await(f)
			r.expect(f)
		case slow:
			r.await(f)
		}
	}
	if _, err := r.server.Write(b); err != nil {
		return false
	}
	if f != nil && (f.kind == late || f.kind == stray) {
		<-f.arrived
	}
	return true
}

func (r *relay) await(f *fault) {
	select {
	case <-f.release:
	case <-r.link.gone:
	}
}

func (r *relay) expect(f *fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = f
}

// answers passes on what Redis answers.
func (r *relay) answers() {
	defer r.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := r.server.Read(buf)
		r.mu.Lock()
		f := r.pending
		r.mu.Unlock()
		switch {
		case f != nil && (f.kind == late || f.kind == stray):
			close(f.arrived)
			return
		case f != nil:
			r.close()
			close(f.hit)
			return
		}
		r.link.pass()
		if n > 0 {
			if _, err := r.client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
