// Package link makes connections that are as slow as a network between them would
// make them, and counts what goes over them. Loopback hides what the level of
// machines is about: there a round trip costs microseconds, and between two
// buildings a millisecond.
//
// A delayed connection hands data to its reader no earlier than a round trip after
// it arrived; what is written goes out at once. So the whole round trip is on the
// way back, where a network has half of it each way. For whoever asks and waits for
// the answer the sum is the same. It is the same along any path that crosses
// connections as often in the direction in which they were dialed as against it,
// which every closed path does where connections form a tree: a caller, its Redis,
// the workers that dialed the same Redis, and back. It is as if the clock of the end
// that was dialed were half a round trip ahead, and no end sees the other's clock.
// One way, from who dials to who listens, data is half a round trip early, and the
// other way half a round trip late.
//
// Dialing takes a round trip more, which is the handshake of TCP.
//
// Not emulated: bandwidth, loss, jitter, the slow start of TCP, and the handshake of
// TCP packet by packet. TLS on top of a delayed connection pays for its own round
// trips.
package link

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// A Dialer makes connections that are delayed, counted, or both. The zero Dialer
// makes plain ones.
type Dialer struct {
	// RTT is the round trip that the connections get on top of their own; 0 means
	// none. The timers of Go end late, never early: on Linux, in a program that has
	// nothing else to do, after whole milliseconds only. There 0.2 ms and 1 ms both
	// took 1.2 ms, and 1.5 ms and 2 ms both 2.3 ms, so choose whole ones, and
	// measure what a round trip takes.
	RTT time.Duration

	Count *Traffic // what to add to; nil means not to count

	// Dial makes the connections below; nil means that of a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Traffic is what went over the connections of a Dialer.
type Traffic struct {
	Read, Written atomic.Int64 // bytes; those read count when they arrive
	Dials         atomic.Int64 // connections made
}

// DialContext connects to the address. A dial that fails takes its round trip too,
// unless ctx ends before.
func (d *Dialer) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	dial := d.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, network, addr)
	if late := pause(ctx, d.RTT); err == nil && late != nil {
		err = &net.OpError{Op: "dial", Net: network, Addr: conn.RemoteAddr(), Err: late}
		conn.Close()
	}
	if err != nil {
		return nil, err
	}
	if d.Count != nil {
		d.Count.Dials.Add(1)
		conn = count(conn, d.Count)
	}
	if d.RTT > 0 {
		conn = delay(conn, d.RTT)
	}
	return conn, nil
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// counted counts what goes over a connection.
type counted struct {
	net.Conn
	traffic *Traffic
}

// A socket is a counted connection that can still be asked for its file: that is how
// clients of Redis see whether an idle connection is alive.
type socket struct {
	counted
	syscall.Conn
}

func count(conn net.Conn, t *Traffic) net.Conn {
	c := counted{conn, t}
	if file, ok := conn.(syscall.Conn); ok {
		return &socket{c, file}
	}
	return &c
}

// Read implements [net.Conn].
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.traffic.Read.Add(int64(n))
	return n, err
}

// Write implements [net.Conn].
func (c *counted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.traffic.Written.Add(int64(n))
	return n, err
}
