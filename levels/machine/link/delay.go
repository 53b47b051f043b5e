package link

import (
	"net"
	"os"
	"sync"
	"time"
)

const (
	// window is how many bytes may wait for their time. Over it the far end feels
	// back-pressure, so no connection is faster than a window in each round trip:
	// 4 GiB a second at 1 ms, as with the window of TCP.
	window = 4 << 20

	piece    = 64 << 10 // bytes that are taken from the connection at once
	overhead = 64       // bytes that a packet counts for beside its data: many small ones are memory too
)

// A packet is data, or the error after it, that may be read from due on.
type packet struct {
	data []byte
	err  error
	due  time.Time
}

// A delayed connection. It has no file that can be asked (no SyscallConn): what has
// arrived there is not there for its reader yet.
type delayed struct {
	net.Conn
	rtt       time.Duration
	arriving  sync.WaitGroup // the goroutine in arrive; Close waits for it
	closing   sync.Once
	gone      chan struct{} // closed by Close
	changed   chan struct{} // rings when packets or the deadline have changed, for who reads
	room      chan struct{} // rings when there is room in the window, for arrive
	reading   sync.Mutex    // held by who reads, also while waiting
	mu        sync.Mutex    // guards what follows
	packets   []packet      // in the order in which they arrived; an error is the last and stays
	waiting   int           // bytes that they count for
	deadline  time.Time     // for reading; zero means none
	hasClosed bool
}

func delay(conn net.Conn, rtt time.Duration) net.Conn {
	c := &delayed{Conn: conn, rtt: rtt, gone: make(chan struct{}), changed: make(chan struct{}, 1), room: make(chan struct{}, 1)}
	c.arriving.Go(c.arrive)
	return c
}

// ring makes whoever waits for the bell look again, now or when it next waits.
func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// arrive takes what comes from the connection and notes when it may be read.
func (c *delayed) arrive() {
	buf := make([]byte, piece)
	for {
		n, err := c.Conn.Read(buf)
		due := time.Now().Add(c.rtt)
		if n > 0 && !c.push(packet{data: append([]byte(nil), buf[:n]...), due: due}) {
			return
		}
		if err != nil {
			c.push(packet{err: err, due: due})
			return
		}
	}
}

// push adds a packet and waits until there is room for the next. It reports false
// once the connection is closed.
func (c *delayed) push(p packet) bool {
	c.mu.Lock()
	c.packets = append(c.packets, p)
	c.waiting += len(p.data) + overhead
	full := c.waiting >= window
	c.mu.Unlock()
	ring(c.changed)
	for full {
		select {
		case <-c.room:
		case <-c.gone:
			return false
		}
		c.mu.Lock()
		full = c.waiting >= window
		c.mu.Unlock()
	}
	return true
}

// Read implements [net.Conn].
func (c *delayed) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for {
		n, until, err := c.take(b)
		if n > 0 || err != nil || len(b) == 0 {
			return n, err
		}
		c.wait(until)
	}
}

// take reads what is due. If there is nothing, it returns when to look again; zero
// means when the bell rings.
func (c *delayed) take(b []byte) (n int, until time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	switch {
	case c.hasClosed:
		return 0, until, c.opError("read", net.ErrClosed)
	case !c.deadline.IsZero() && !now.Before(c.deadline):
		return 0, until, c.opError("read", os.ErrDeadlineExceeded)
	case len(c.packets) == 0 || len(b) == 0:
		return 0, c.deadline, nil
	}
	p := &c.packets[0]
	if now.Before(p.due) {
		if until = p.due; !c.deadline.IsZero() && c.deadline.Before(until) {
			until = c.deadline
		}
		return 0, until, nil
	}
	if p.err != nil {
		return 0, until, p.err
	}
	n = copy(b, p.data)
	p.data = p.data[n:]
	c.waiting -= n
	if len(p.data) == 0 {
		*p = packet{} // or its memory would stay as long as that of the others
		c.packets = c.packets[1:]
		c.waiting -= overhead
	}
	if c.waiting < window {
		ring(c.room)
	}
	return n, until, nil
}

// wait waits until then, unless that is zero, or until something has changed.
func (c *delayed) wait(until time.Time) {
	var then <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		then = timer.C
	}
	select {
	case <-then:
	case <-c.changed:
	case <-c.gone:
	}
}

// SetReadDeadline implements [net.Conn].
func (c *delayed) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.hasClosed {
		return c.opError("set", net.ErrClosed)
	}
	c.deadline = t
	ring(c.changed)
	return nil
}

// SetDeadline implements [net.Conn].
func (c *delayed) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// Close implements [net.Conn]. What has arrived and was not read is lost.
func (c *delayed) Close() error {
	c.closing.Do(func() {
		c.mu.Lock()
		c.hasClosed, c.packets, c.waiting = true, nil, 0
		c.mu.Unlock()
		close(c.gone)
	})
	err := c.Conn.Close()
	c.arriving.Wait()
	return err
}

func (c *delayed) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: c.RemoteAddr().Network(), Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
