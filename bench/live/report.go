package live

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"time"
)

// Environment is the variable by which a worker is told to report: the address of a
// [Collector] and its token, with a space between.
const Environment = "LEVELS_LIVE"

// A Sink takes spans, on a clock of its own: a [Stage] is one, and a [Reporter].
type Sink interface {
	Now() time.Duration
	Span(Span)
}

// What is said on a connection, a JSON value a line: the worker begins with a hello, the
// collector asks for its time with pings from 1, and a ping 0 says that spans may follow.
type (
	hello struct {
		Token string `json:"token"`
		Host  string `json:"host"`
		PID   int    `json:"pid"`
	}
	ping struct {
		Ping int `json:"ping"`
	}
	pong struct {
		Pong int   `json:"pong"`
		Now  int64 `json:"now"` // nanoseconds since 1970 on the worker's clock
	}
)

const (
	pings     = 8               // to find one that nothing held up
	patience  = 2 * time.Second // with the other side, where it has to answer
	maxReport = 4 << 10         // bytes of a line
	backlog   = 4096            // spans that a worker keeps until they are sent
)

// A Reporter tells a [Collector] in another process what happens in this one. Its clock
// is the wall clock of this process; the collector knows how far that is off.
type Reporter struct {
	conn  net.Conn
	wall  wall
	spans chan Span
	quit  chan struct{}
	close sync.Once
	loop  sync.WaitGroup // the goroutine that sends; Close waits for it
	err   error          // of the loop; read after it
}

// Dial connects to the collector that the value of [Environment] names, and returns when
// that knows this process' clock.
func Dial(ctx context.Context, environment string) (*Reporter, error) {
	address, token, ok := strings.Cut(environment, " ")
	if !ok {
		return nil, fmt.Errorf("%s has no token: want an address and a token", Environment)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("report to a show: %w", err)
	}
	r := &Reporter{conn: conn, wall: newWall(), spans: make(chan Span, backlog), quit: make(chan struct{})}
	if err := r.introduce(token); err != nil {
		conn.Close()
		return nil, fmt.Errorf("report to a show: %w", err)
	}
	r.loop.Go(func() { r.err = r.send() })
	return r, nil
}

// introduce says who this is, and answers what the time is until the collector has
// heard enough.
func (r *Reporter) introduce(token string) error {
	r.conn.SetDeadline(time.Now().Add(patience))
	defer r.conn.SetDeadline(time.Time{})
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	out := json.NewEncoder(r.conn)
	if err := out.Encode(hello{token, host, os.Getpid()}); err != nil {
		return err
	}
	lines := newScanner(r.conn)
	for lines.Scan() {
		var p ping
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return err
		}
		if p.Ping == 0 {
			return nil
		}
		if err := out.Encode(pong{p.Ping, r.wall.now()}); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return errors.New("it hung up: is the token right?")
}

// Now is the time on this process' wall clock.
func (r *Reporter) Now() time.Duration { return time.Duration(r.wall.now()) }

// Span sends a span, or drops it if too many wait already: tasks are never kept waiting
// for their audience. The beginning of one is dropped first, for without its end it would
// stay on the stage.
func (r *Reporter) Span(s Span) {
	if s.T1 == 0 && len(r.spans) > cap(r.spans)/2 {
		return
	}
	select {
	case r.spans <- s:
	default:
	}
}

// send writes spans as they come, together with those that came meanwhile.
func (r *Reporter) send() error {
	out := bufio.NewWriter(r.conn)
	lines := json.NewEncoder(out)
	for {
		select {
		case s := <-r.spans:
			if err := lines.Encode(s); err != nil {
				return err
			}
			if len(r.spans) > 0 {
				continue
			}
		case <-r.quit:
			if len(r.spans) > 0 {
				continue
			}
			return out.Flush()
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// Close sends what is left, for at most a second, and returns what sending failed with.
func (r *Reporter) Close() error {
	r.close.Do(func() {
		r.conn.SetWriteDeadline(time.Now().Add(time.Second))
		close(r.quit)
	})
	r.loop.Wait()
	return errors.Join(r.err, r.conn.Close())
}

func newScanner(conn net.Conn) *bufio.Scanner {
	lines := bufio.NewScanner(conn)
	lines.Buffer(make([]byte, 0, maxReport), maxReport)
	return lines
}
