package queue

import (
	"net"
	"sync"
)

// A spool is a connection whose writes never block: they wait in memory for a
// goroutine to pass them on. In-memory pipes need it, which have no buffer of
// their own: with a client that writes a pipeline before it reads, and a server
// that answers while it reads, both would wait for each other.
type spool struct {
	net.Conn
	ready   chan struct{} // has room for one
	writing sync.WaitGroup

	mu      sync.Mutex
	waiting []byte
	err     error
}

func newSpool(c net.Conn) *spool {
	s := &spool{Conn: c, ready: make(chan struct{}, 1)}
	s.writing.Go(s.pass)
	return s
}

// Write implements [net.Conn]. It returns the error of an earlier write, if one
// failed.
func (s *spool) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, s.err
	}
	s.waiting = append(s.waiting, b...)
	select {
	case s.ready <- struct{}{}:
	default:
	}
	return len(b), nil
}

// pass writes what waits until a write fails, as it does when the connection is
// closed.
func (s *spool) pass() {
	for range s.ready {
		s.mu.Lock()
		b := s.waiting
		s.waiting = nil
		err := s.err
		s.mu.Unlock()
		if err == nil {
			_, err = s.Conn.Write(b)
		}
		if err != nil {
			s.mu.Lock()
			s.err = err
			s.mu.Unlock()
			return
		}
	}
}

// Close implements [net.Conn].
func (s *spool) Close() error {
	err := s.Conn.Close()
	s.mu.Lock()
	if s.err == nil {
		s.err = net.ErrClosed
	}
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
	s.writing.Wait()
	return err
}
