package loop

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

const readsPerTurn = 16 // of one connection, before others get theirs

// A conn is a connection. It carries one fetch at a time, or none: then it is idle.
type conn struct {
	fd    int
	gen   uint32
	fresh bool // it has carried no answer yet
	alive bool // it has been written to, so it is connected
	host  *host
	fetch *fetch
	rest  []byte      // of the request, that could not be written yet
	link  link[*conn] // among the idle ones
	since time.Time   // that it is idle
}

// send sends the request of f.
func (l *loop) send(c *conn, f *fetch) {
	c.fetch, f.conn = f, c
	request := l.request(f)
	n, err := c.write(request)
	if err != nil {
		l.broken(c, err)
		return
	}
	if n < len(request) {
		c.rest = append([]byte(nil), request[n:]...)
	}
}

// write writes what can be written at once.
func (c *conn) write(p []byte) (int, error) {
	n, err := write(c.fd, p)
	switch {
	case err == nil:
		c.alive = true
		return n, nil
	case err == syscall.EAGAIN || err == syscall.ENOTCONN && !c.alive: // not everybody says that it still connects
		return 0, nil
	case !c.alive:
		return 0, dialError(c.host, os.NewSyscallError("connect", err))
	}
	return 0, os.NewSyscallError("write", err)
}

func dialError(h *host, err error) error { return fmt.Errorf("dial tcp %s: %w", h.addr, err) }

// event looks at a connection to which something has happened. What it was is only a
// hint: writing and reading tell.
func (l *loop) event(e event) {
	var c *conn
	if e.fd < len(l.client.conns) {
		c = l.client.conns[e.fd]
	}
	if c == nil || c.gen != e.gen {
		return // it was closed meanwhile, and its descriptor may be another's
	}
	if err := c.goOn(e.end); err != nil {
		l.broken(c, err)
	} else if c.alive {
		l.receive(c, e)
	}
}

// goOn writes what is left of the request, if connecting has not failed.
func (c *conn) goOn(end bool) error {
	if !c.alive && end {
		if err := connectError(c.fd); err != nil {
			return dialError(c.host, err)
		}
	}
	if len(c.rest) == 0 {
		return nil
	}
	n, err := c.write(c.rest)
	if c.rest = c.rest[n:]; len(c.rest) == 0 {
		c.rest = nil
	}
	return err
}

// receive reads until nothing is there: being edge-triggered, epoll says so once.
func (l *loop) receive(c *conn, e event) {
	for range readsPerTurn {
		n, err := read(c.fd, l.client.buffer)
		switch {
		case err == syscall.EAGAIN:
			return
		case err != nil:
			l.broken(c, os.NewSyscallError("read", err))
			return
		case n == 0:
			l.closed(c)
			return
		case c.fetch == nil: // nobody has asked
			l.hangUp(c)
			return
		}
		if !l.received(c, l.client.buffer[:n]) || n < len(l.client.buffer) && !e.end {
			return
		}
	}
	l.client.again = append(l.client.again, e)
}

// received takes in what was read. It reports whether the connection lives on.
func (l *loop) received(c *conn, p []byte) bool {
	f := c.fetch
	f.began, c.fresh = true, false
	used, err := f.answer.feed(p)
	switch {
	case err != nil:
		l.hangUp(c)
		l.settle(f, nil, err)
		return false
	case f.answer.state != complete:
		return true
	}
	keep := used == len(p) && !f.answer.close && len(c.rest) == 0
	if keep {
		l.giveBack(c)
	} else {
		l.hangUp(c)
	}
	l.answered(f)
	return keep
}

// closed deals with a connection that the other side has closed.
func (l *loop) closed(c *conn) {
	if c.fetch == nil || !c.fetch.began {
		l.broken(c, io.EOF)
		return
	}
	f := c.fetch
	err := f.answer.end()
	l.hangUp(c)
	if err != nil {
		l.settle(f, nil, err)
	} else {
		l.answered(f)
	}
}

// broken deals with a connection that has failed. A server may close an idle
// connection just when a request comes: if not a byte of an answer has, the request is
// sent again, once.
func (l *loop) broken(c *conn, err error) {
	f, stale := c.fetch, !c.fresh
	l.hangUp(c)
	switch {
	case f == nil:
	case stale && !f.began && !f.repeated:
		f.repeated = true
		l.seek(f)
	default:
		l.settle(f, nil, err)
	}
}
