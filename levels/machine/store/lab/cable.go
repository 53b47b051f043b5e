package lab

import (
	"net"
	"sync"
)

// A Cable passes on what goes to a server, and what comes back. It can be pulled, and it
// can clog.
type Cable struct {
	listener net.Listener
	to       string
	ends     sync.WaitGroup // accepting, and passing on

	mu    sync.Mutex // guards what follows
	conns map[net.Conn]bool
	state state
}

type state int

const (
	whole   state = iota
	pulled        // whatever is sent fails
	clogged       // whatever is sent vanishes
	gone          // for good
)

// Lay lays a cable from this host to the server at an address. Close it.
func Lay(to string) (*Cable, error) { return LayFrom("127.0.0.1", to) }

// LayFrom lays one that begins at another address of this host.
func LayFrom(from, to string) (*Cable, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(from, "0"))
	if err != nil {
		return nil, err
	}
	c := &Cable{listener: l, to: to, conns: map[net.Conn]bool{}}
	c.ends.Go(c.accept)
	return c, nil
}

// Addr is this end of the cable.
func (c *Cable) Addr() string { return c.listener.Addr().String() }

// Pull breaks all connections, and those that are made until the cable is plugged in
// again. Both ends are told.
func (c *Cable) Pull() { c.turn(pulled, true) }

// Clog has all vanish that is sent from now on, and neither end is told: as when a machine
// goes without a word.
func (c *Cable) Clog() { c.turn(clogged, false) }

// Plug makes the cable whole again. Connections on which something has vanished break now.
func (c *Cable) Plug() { c.turn(whole, true) }

// Close pulls the cable for good.
func (c *Cable) Close() {
	c.turn(gone, true)
	c.listener.Close()
	c.ends.Wait()
}

func (c *Cable) turn(to state, breaking bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == to || c.state == gone {
		return
	}
	c.state = to
	if breaking {
		for conn := range c.conns {
			conn.Close()
		}
		clear(c.conns)
	}
}

func (c *Cable) accept() {
	for {
		from, err := c.listener.Accept()
		if err != nil {
			return
		}
		c.ends.Go(func() { c.connect(from) })
	}
}

// connect leads a connection to the server, unless the cable is in no state for it. The
// connection that meets a clogged cable gets no further.
func (c *Cable) connect(from net.Conn) {
	c.mu.Lock()
	now := c.state
	c.mu.Unlock()
	if now == clogged {
		if c.keep(clogged, from) {
			c.pass(nil, from)
		}
		return
	}
	far, err := net.Dial("tcp", c.to)
	if err != nil {
		from.Close()
		return
	}
	if c.keep(whole, from, far) {
		c.ends.Go(func() { c.pass(far, from) })
		c.pass(from, far)
	}
}

// keep takes the ends of a connection, to be closed when the cable is pulled. If the cable
// is not as it was, they are closed at once.
func (c *Cable) keep(as state, ends ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range ends {
		if c.state == as {
			c.conns[end] = true
		} else {
			end.Close()
		}
	}
	return c.state == as
}

// pass passes on what comes from one end until that is over, which the other then learns,
// unless the cable is clogged.
func (c *Cable) pass(to, from net.Conn) {
	for b := make([]byte, 32<<10); ; {
		n, err := from.Read(b)
		c.mu.Lock()
		vanishes := c.state == clogged
		c.mu.Unlock()
		if vanishes && err != nil {
			return // whoever plugs the cable closes both
		}
		if !vanishes && err == nil {
			_, err = to.Write(b[:n])
		}
		if err != nil {
			c.drop(from, to)
			return
		}
	}
}

func (c *Cable) drop(ends ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range ends {
		if end != nil {
			end.Close()
			delete(c.conns, end)
		}
	}
}
