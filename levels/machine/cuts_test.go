package machine_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels/machine"
)

// The faults of a link, each of which a run must have seen.
const (
	refused  = iota // no connection is made
	unsent          // it breaks before the request is written
	half            // in the middle of the request
	unheard         // the request has run, and its answer is lost
	cutShort        // in the middle of the answer
	restart         // the worker starts anew, in the middle of its tasks
	faults
)

// A shaky link breaks one connection in so many, of every operation, in each of the ways.
type shaky struct {
	*hall
	oneIn  int
	healed atomic.Bool // from then on it is a good link

	mu   sync.Mutex
	rand *rand.Rand
	seen [faults]int
}

func newShaky(seed uint64, oneIn int) *shaky {
	return &shaky{hall: newHall(), oneIn: oneIn, rand: rand.New(rand.NewPCG(seed, 0))}
}

// strikes reports whether a fault happens now, and counts it.
func (s *shaky) strikes(fault int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	oneIn := s.oneIn
	if fault == refused {
		oneIn /= 5 // connections are fewer than what is done with them
	}
	if s.healed.Load() || s.rand.IntN(oneIn) > 0 {
		return false
	}
	s.seen[fault]++
	return true
}

var errCut = errors.New("the link is cut")

func (s *shaky) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if s.strikes(refused) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errCut}
	}
	conn, err := s.hall.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &shakyConn{conn, s}, nil
}

type shakyConn struct {
	net.Conn
	link *shaky
}

func (c *shakyConn) Write(b []byte) (int, error) {
	switch {
	case c.link.strikes(unsent):
		c.Close()
		return 0, errCut
	case c.link.strikes(half):
		n, _ := c.Conn.Write(b[:len(b)/2])
		c.Close()
		return n, errCut
	}
	return c.Conn.Write(b)
}

func (c *shakyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	switch {
	case err != nil:
	case c.link.strikes(unheard):
		c.Close()
		return 0, errCut
	case c.link.strikes(cutShort):
		c.Close()
		return n / 2, errCut
	}
	return n, err
}

// A mortal worker may be replaced by one that knows nothing of it. Connections to the old
// one break; what it runs goes on for a while, as it does on a machine that was cut off.
type mortal struct {
	link   *shaky
	hire   func() *machine.Handler
	spoils func(*http.Request) // what is wrong with it, or nil

	mu    sync.Mutex
	now   *machine.Handler
	conns map[net.Conn]bool
}

func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m.spoils != nil {
		m.spoils(r)
	}
	m.mu.Lock()
	if m.now == nil {
		m.now = m.hire()
	}
	h := m.now
	m.mu.Unlock()
	h.ServeHTTP(w, r)
}

// Accept keeps the connections, to cut them.
func (m *mortal) Accept() (net.Conn, error) {
	conn, err := m.link.Accept()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.conns[conn] = true
	}
	return conn, err
}

func (m *mortal) Close() error   { return m.link.Close() }
func (m *mortal) Addr() net.Addr { return m.link.Addr() }

func (m *mortal) restart() {
	m.link.mu.Lock()
	m.link.seen[restart]++
	m.link.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = nil
	for conn := range m.conns {
		conn.Close()
		delete(m.conns, conn)
	}
}
