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

// Mortals are workers behind one address, each of which may be asked next, and may be
// replaced by one that knows nothing of it. Connections break then; what the old one runs
// goes on for a while, as on a machine that was cut off.
type mortals struct {
	link   *shaky
	hire   func() *machine.Handler
	spoils func(*http.Request, *machine.Handler) // what is wrong with them, or nil

	mu    sync.Mutex
	now   []*machine.Handler
	conns map[net.Conn]bool

	restarts int
}

func (m *mortals) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i := m.anyone()
	m.mu.Lock()
	h := m.now[i]
	m.mu.Unlock()
	if m.spoils != nil {
		m.spoils(r, h)
	}
	h.ServeHTTP(w, r)
}

func (m *mortals) anyone() int {
	m.link.mu.Lock()
	defer m.link.mu.Unlock()
	return m.link.rand.IntN(len(m.now))
}

// Accept keeps the connections, to cut them.
func (m *mortals) Accept() (net.Conn, error) {
	conn, err := m.link.Accept()
	m.mu.Lock()
	defer m.mu.Unlock()
	if err == nil {
		m.conns[conn] = true
	}
	return conn, err
}

func (m *mortals) Close() error   { return m.link.Close() }
func (m *mortals) Addr() net.Addr { return m.link.Addr() }

func (m *mortals) restart() {
	i := m.anyone()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.restarts++
	m.now[i] = m.hire()
	for conn := range m.conns {
		conn.Close()
		delete(m.conns, conn)
	}
}
