package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// A Pair is a primary and its replica, with a cable between them.
type Pair struct {
	Primary, Replica *Server
	cable            *Cable
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
	if p.cable, err = Lay(options.Addr); err != nil {
		return err
	}
	if p.Replica, err = Start(ctx, "masterauth "+options.Password); err != nil {
		return err
	}
	host, port, _ := net.SplitHostPort(p.cable.Addr())
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
func (p *Pair) Cut() { p.cable.Pull() }

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
		p.cable.Close()
	}
	for _, s := range []*Server{p.Primary, p.Replica} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}
