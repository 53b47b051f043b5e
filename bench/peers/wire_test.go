package peers

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"
)

// A wire counts what a program exchanges with Redis.
type wire struct{ trips, commands, bytes atomic.Int64 }

// options are those of a client that is counted.
func (w *wire) options() *redis.Options {
	o := options()
	o.Dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{Timeout: o.DialTimeout}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: c, wire: w}, nil
	}
	return o
}

// A toll is what a wire has counted.
type toll struct{ trips, commands, bytes float64 }

func (w *wire) read() toll {
	return toll{float64(w.trips.Load()), float64(w.commands.Load()), float64(w.bytes.Load())}
}

func (t toll) plus(o toll) toll {
	return toll{t.trips + o.trips, t.commands + o.commands, t.bytes + o.bytes}
}

// since is what was counted after before, divided by n.
func (t toll) since(before toll, n float64) toll {
	return toll{(t.trips - before.trips) / n, (t.commands - before.commands) / n, (t.bytes - before.bytes) / n}
}

// A countedConn counts a round trip for each burst of writes that nothing was
// read in between of, however many commands it has.
type countedConn struct {
	net.Conn
	wire  *wire
	asked atomic.Bool // something was written since the last read
	scan  scanner     // of what is written
}

// Write implements [net.Conn].
func (c *countedConn) Write(b []byte) (int, error) {
	if !c.asked.Swap(true) {
		c.wire.trips.Add(1)
	}
	n, err := c.Conn.Write(b)
	c.wire.bytes.Add(int64(n))
	c.wire.commands.Add(c.scan.commands(b[:n]))
	return n, err
}

// Read implements [net.Conn].
func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.asked.Store(false)
	}
	c.wire.bytes.Add(int64(n))
	return n, err
}

// A scanner finds the commands in what a client writes: each is an array of
// bulk strings, *<n>\r\n and n times $<length>\r\n<bytes>\r\n.
type scanner struct {
	line []byte // begun, not ended
	skip int    // bytes of a string and its end
}

// commands returns how many commands begin in b.
func (s *scanner) commands(b []byte) (n int64) {
	for len(b) > 0 {
		if s.skip > 0 {
			k := min(s.skip, len(b))
			s.skip, b = s.skip-k, b[k:]
			continue
		}
		line, rest, ended := bytes.Cut(b, []byte("\n"))
		s.line, b = append(s.line, line...), rest
		if !ended {
			break
		}
		switch text := bytes.TrimSuffix(s.line, []byte("\r")); {
		case bytes.HasPrefix(text, []byte("*")):
			n++
		case bytes.HasPrefix(text, []byte("$")):
			length, _ := strconv.Atoi(string(text[1:]))
			s.skip = length + len("\r\n")
		}
		s.line = s.line[:0]
	}
	return n
}

// TestWire counts what is known: a lone command, a pipeline, and a payload that
// looks like commands and comes in many writes.
func TestWire(t *testing.T) {
	needsServer(t)
	var w wire
	rdb := redis.NewClient(w.options())
	defer rdb.Close()
	ctx := t.Context()
	pair := func(p redis.Pipeliner) error { p.Ping(ctx); p.Ping(ctx); return nil }
	if err := rdb.Ping(ctx).Err(); err != nil { // now there is a connection, and
		t.Fatal(err)
	}
	if _, err := rdb.Pipelined(ctx, pair); err != nil { // the one that pipelines have of their own
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		do   func() error
		want toll
	}{
		{"PING", func() error { return rdb.Ping(ctx).Err() }, toll{1, 1, float64(len("*1\r\n$4\r\nping\r\n+PONG\r\n"))}},
		{"pipeline", func() error {
			_, err := rdb.Pipelined(ctx, pair)
			return err
		}, toll{1, 2, 2 * float64(len("*1\r\n$4\r\nping\r\n+PONG\r\n"))}},
		{"ECHO", func() error { return rdb.Echo(ctx, strings.Repeat("*1\r\n$4\r\n", 100_000)).Err() },
			toll{1, 1, float64(len("*2\r\n$4\r\necho\r\n") + 2*len("$800000\r\n\r\n") + 2*800_000)}},
	} {
		before := w.read()
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if got := w.read().since(before, 1); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
