package loop

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"
)

const (
	maxIdle    = 75 * time.Second // servers close theirs after some minutes; we should be first
	sweepEvery = 15 * time.Second
)

var errFull = errors.New("no file descriptor is free for a connection (see ulimit -n)")

// A client is what the loop knows of connections.
type client struct {
	conns    []*conn          // by descriptor
	gen      uint32           // of the latest connection
	open     int              // connections
	hosts    map[string]*host // that have connections
	fetches  list[*fetch]     // under way, the oldest first
	parked   list[*fetch]     // of those, the ones that wait for a descriptor
	freed    bool             // a connection was given back since the last look
	again    []event          // connections that had more to read than is fair in one go
	sweep    time.Time        // when to look for connections that were idle for long
	patience time.Duration
	memory   memory // of bodies that are lent
	buffer   []byte // for what is read, shared by all connections
	request  []byte // the same for what is written
}

// A host has connections. Its key is what URLs say: two ways to spell an address are
// two hosts.
type host struct {
	key   string
	addr  netip.AddrPort
	conns int
	idle  list[*conn] // the longest idle first
}

func newClient() client {
	return client{hosts: map[string]*host{}, patience: patience, buffer: make([]byte, 64<<10)}
}

// dial opens a connection. Its error is errFull if only a descriptor is missing.
func (l *loop) dial(key string) (*conn, error) {
	h := l.client.hosts[key]
	if h == nil {
		addr, err := resolve(key)
		if err != nil {
			return nil, err
		}
		h = &host{key: key, addr: addr}
	}
	fd, err := connect(h.addr)
	for full(err) && l.evict() {
		fd, err = connect(h.addr)
	}
	switch {
	case full(err):
		return nil, fmt.Errorf("%w: %w", errFull, err)
	case err != nil:
		return nil, dialError(h, err)
	}
	return l.adopt(fd, h)
}

// full says whether there are too many open files, here or on the whole machine.
func full(err error) bool { return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) }

// adopt makes a connection of a socket.
func (l *loop) adopt(fd int, h *host) (*conn, error) {
	cl := &l.client
	cl.gen++
	if err := l.poll.add(fd, cl.gen); err != nil {
		closeSocket(fd)
		return nil, err
	}
	for len(cl.conns) <= fd {
		cl.conns = append(cl.conns, nil)
	}
	c := &conn{fd: fd, gen: cl.gen, host: h, fresh: true}
	cl.conns[fd] = c
	cl.open++
	h.conns++
	cl.hosts[h.key] = h
	return c, nil
}

// hangUp closes a connection.
func (l *loop) hangUp(c *conn) {
	closeSocket(c.fd)
	c.link.leave()
	if c.fetch != nil {
		c.fetch.conn, c.fetch = nil, nil
	}
	l.client.conns[c.fd] = nil
	l.client.open--
	l.client.freed = true
	if c.host.conns--; c.host.conns == 0 {
		delete(l.client.hosts, c.host.key)
	}
}

// giveBack keeps a connection for the next fetch.
func (l *loop) giveBack(c *conn) {
	c.fetch.conn, c.fetch = nil, nil
	c.since = l.now
	c.host.idle.push(&c.link, c)
	l.client.freed = true
	if l.client.sweep.IsZero() {
		l.client.sweep = l.now.Add(sweepEvery)
	}
}

// evict closes a connection that nobody uses, if there is one.
func (l *loop) evict() bool {
	for _, h := range l.client.hosts {
		if c := h.idle.first(); c != nil {
			l.hangUp(c)
			return true
		}
	}
	return false
}

// closeIdle closes idle connections, of each host the oldest as long as old says so.
func (l *loop) closeIdle(old func(*conn) bool) (left bool) {
	for _, h := range l.client.hosts {
		c := h.idle.first()
		for ; c != nil && old(c); c = h.idle.first() {
			l.hangUp(c)
		}
		left = left || c != nil
	}
	return left
}

// sweep closes what was idle for long.
func (l *loop) sweep() {
	l.client.sweep = time.Time{}
	if l.closeIdle(func(c *conn) bool { return l.now.Sub(c.since) >= maxIdle }) {
		l.client.sweep = l.now.Add(sweepEvery)
	}
}

// next is when the client has something to do, if ever.
func (cl *client) next() time.Time {
	next := cl.sweep
	if f := cl.fetches.first(); f != nil && (next.IsZero() || f.deadline.Before(next)) {
		next = f.deadline
	}
	return next
}

// park lets f wait until a connection is given back. One that has waited before keeps
// its turn.
func (l *loop) park(f *fetch) {
	if l.client.freed = false; f.parked {
		l.client.parked.jump(&f.waiting, f)
	} else {
		f.parked = true
		l.client.parked.push(&f.waiting, f)
	}
}

// unpark tries those that wait again, if that makes sense.
func (l *loop) unpark() {
	for f := l.client.parked.first(); f != nil && l.client.freed; f = l.client.parked.first() {
		f.waiting.leave()
		l.seek(f)
	}
}
