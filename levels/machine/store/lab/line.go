package lab

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/redis/go-redis/v9"
)

// A Fault is what happens to a command.
type Fault int

const (
	None       Fault = iota
	Unsent           // the connection breaks before the server has it
	Unanswered       // the server carries it out, and the connection breaks before its answer is here
)

// A Line is a way to a server on which connections break. The zero Line is without faults.
type Line struct {
	mu     sync.Mutex // guards what follows
	faults func(n int) Fault
	n      int
}

// Set has a fault happen to command n from here on, the first of which is 0. A pipeline
// counts as one; what a client sends to log in does not count.
func (l *Line) Set(faults func(n int) Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults, l.n = faults, 0
}

func (l *Line) next() Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.faults == nil {
		return None
	}
	l.n++
	return l.faults(l.n - 1)
}

// Client is a client of the server at the end of the line. Close it.
func (l *Line) Client(s *Server) *redis.Client {
	options := *s.Options()
	options.MaxRetries, options.DialerRetries = -1, 1 // what was given as none reads as 0, and that means 3
	options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &wire{Conn: conn, line: l}, nil
	}
	return redis.NewClient(&options)
}

// A wire is one connection of a line. Its client writes and reads in turn.
type wire struct {
	net.Conn
	line *Line
	lose bool // the answer that is read next
}

func (w *wire) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("\r\nauth\r\n")) {
		return w.Conn.Write(b)
	}
	fault := w.line.next()
	if fault == Unsent {
		w.Close()
		return 0, errors.New("the line broke")
	}
	w.lose = fault == Unanswered
	return w.Conn.Write(b)
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if w.lose && err == nil {
		w.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}
