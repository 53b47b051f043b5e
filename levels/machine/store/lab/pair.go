package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// A Pair is a primary and its replica, with a cable between them.
type Pair struct {
	Primary, Replica *Server
	cable            *cable
}

// StartPair starts both, and waits until the replica has all that the primary has. Close
// the pair.
func StartPair(ctx context.Context) (*Pair, error) {
	p := new(Pair)
	if err := p.start(ctx); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Pair) start(ctx context.Context) (err error) {
	if p.Primary, err = Start(ctx, "repl-diskless-sync no"); err != nil {
		return err
	}
	options := p.Primary.Options()
	if p.cable, err = lay(options.Addr); err != nil {
		return err
	}
	if p.Replica, err = Start(ctx, "masterauth "+options.Password); err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(p.cable.listener.Addr().String())
	if err := p.Replica.Do(ctx, "replicaof", host, port).Err(); err != nil { // at once; in the settings it would take a second
		return err
	}
	if err := p.Primary.Set(ctx, "first", "", 0).Err(); err != nil {
		return err
	}
	return Until(ctx, "the replica is in step", func() bool {
		return p.Replica.Exists(ctx, "first").Val() == 1
	})
}

// Cut pulls the cable, for good. The primary goes on alone.
func (p *Pair) Cut() { p.cable.pull() }

// FailOver kills the primary and makes the replica what it was.
func (p *Pair) FailOver(ctx context.Context) error {
	p.Primary.Crash()
	if err := p.Replica.Do(ctx, "replicaof", "no", "one").Err(); err != nil {
		return fmt.Errorf("promote the replica: %w", err)
	}
	return nil
}

// Close ends both.
func (p *Pair) Close() (err error) {
	if p.cable != nil {
		p.cable.pull()
		p.cable.ends.Wait()
	}
	for _, s := range []*Server{p.Primary, p.Replica} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// A cable passes on what goes between a replica and its primary, until it is pulled.
type cable struct {
	listener net.Listener
	to       string
	ends     sync.WaitGroup // accepting, and passing on

	mu     sync.Mutex // guards what follows
	conns  []net.Conn
	pulled bool
}

func lay(to string) (*cable, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &cable{listener: l, to: to}
	c.ends.Go(c.accept)
	return c, nil
}

func (c *cable) accept() {
	for {
		from, err := c.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", c.to)
		if err != nil {
			from.Close()
			continue
		}
		if !c.keep(from, to) {
			return
		}
		c.ends.Go(func() { io.Copy(to, from); to.Close() })
		c.ends.Go(func() { io.Copy(from, to); from.Close() })
	}
}

// keep takes both ends of a connection, to be closed when the cable is pulled.
func (c *cable) keep(ends ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pulled {
		for _, end := range ends {
			end.Close()
		}
		return false
	}
	c.conns = append(c.conns, ends...)
	return true
}

func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
	c.listener.Close()
	for _, conn := range c.conns {
		conn.Close()
	}
}
