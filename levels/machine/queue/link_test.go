package queue_test

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"
)

// A link is a way to Redis on which things go wrong: it can be frozen, taken
// down, and made to break at a given command.
type link struct {
	URL    string
	target string
	l      net.Listener
	ends   sync.WaitGroup // accepting, and the relays

	mu      sync.Mutex // guards what follows
	conns   map[net.Conn]bool
	closed  bool
	down    bool
	refused int           // connections, while down
	frozen  chan struct{} // nil, or closed by thaw
	breaks  *fault        // nil, or the next
}

// A fault breaks the connection that carries a command: before Redis gets it,
// or after, when the answer is on its way.
type fault struct {
	command []byte
	after   bool
	down    bool          // and the link stays down
	pass    bool          // nothing breaks: it happens when the caller has been sent the answer
	hit     chan struct{} // closed when it has happened
}

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
	k := &link{target: u.Host, l: l, conns: map[net.Conn]bool{}}
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
}

// setDown breaks all connections and lets no new ones through, or lets them.
func (k *link) setDown(down bool) {
	k.mu.Lock()
	k.down, k.refused = down, 0
	k.mu.Unlock()
	if down {
		k.cut()
	}
}

// refusals is how many connections were tried since the link is down.
func (k *link) refusals() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.refused
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

// breakAt sets the next fault.
func (k *link) breakAt(command string, after, down bool) *fault {
	return k.set(&fault{command: []byte(command), after: after, down: down})
}

// pass returns what tells when a command has its answer.
func (k *link) pass(command string) *fault {
	return k.set(&fault{command: []byte(command), after: true, pass: true})
}

func (k *link) set(f *fault) *fault {
	f.hit = make(chan struct{})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.breaks = f
	return f
}

func (k *link) accept() {
	for {
		c, err := k.l.Accept()
		if err != nil {
			return
		}
		if !k.add(c) {
			c.Close()
			continue
		}
		s, err := net.Dial("tcp", k.target)
		if err != nil || !k.add(s) {
			c.Close()
			continue
		}
		r := &relay{link: k, client: c, server: s}
		k.ends.Go(func() { r.pump(c, s, r.request, func() {}) })
		k.ends.Go(func() { r.pump(s, c, r.answer, r.answered) })
	}
}

func (k *link) add(c net.Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down || k.closed {
		k.refused++
		c.Close()
		return false
	}
	k.conns[c] = true
	return true
}

// A relay is one connection through a link.
type relay struct {
	link           *link
	client, server net.Conn

	mu    sync.Mutex // guards after
	after *fault     // nil, or what happens when the next answer comes
}

// pump copies what see lets pass, and calls sent after each piece.
func (r *relay) pump(from, to net.Conn, see func([]byte) bool, sent func()) {
	defer r.client.Close()
	defer r.server.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		r.link.mu.Lock()
		frozen := r.link.frozen
		r.link.mu.Unlock()
		if frozen != nil {
			<-frozen
		}
		if n > 0 && !see(buf[:n]) {
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
			sent()
		}
		if err != nil {
			return
		}
	}
}

func (r *relay) request(b []byte) bool {
	r.link.mu.Lock()
	f := r.link.breaks
	if f == nil || !bytes.Contains(b, f.command) {
		r.link.mu.Unlock()
		return true
	}
	r.link.breaks = nil
	r.link.mu.Unlock()
	if f.after {
		r.mu.Lock()
		r.after = f
		r.mu.Unlock()
		return true
	}
	r.hit(f)
	return false
}

func (r *relay) answer([]byte) bool {
	r.mu.Lock()
	f := r.after
	r.mu.Unlock()
	if f == nil || f.pass {
		return true
	}
	r.hit(f)
	return false
}

func (r *relay) answered() {
	r.mu.Lock()
	f := r.after
	r.after = nil
	r.mu.Unlock()
	if f != nil {
		close(f.hit)
	}
}

func (r *relay) hit(f *fault) {
	if f.down {
		r.link.setDown(true)
	}
	close(f.hit)
}
