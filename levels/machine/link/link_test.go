package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels/machine/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rtt = 10 * time.Millisecond

// pipe returns a connection through d and its far end. The connection below has no
// memory at all, so what a Write takes, arrive has taken.
func pipe(t *testing.T, d link.Dialer) (near, far net.Conn) {
	t.Helper()
	d.Dial = func(context.Context, string, string) (net.Conn, error) {
		near, other := net.Pipe()
		far = other
		return near, nil
	}
	near, err := d.DialContext(t.Context(), "tcp", "far:1")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

// A clock tells how much time has passed in a bubble.
type clock struct {
	*testing.T
	begin time.Time
}

func newClock(t *testing.T) clock { return clock{t, time.Now()} }

// at fails the test unless it is d after the beginning, to the nanosecond.
func (c clock) at(d time.Duration, what string) {
	c.Helper()
	if now := time.Since(c.begin); now != d {
		c.Errorf("%s at %v, want %v", what, now, d)
	}
}

func (c clock) write(conn net.Conn, text string) {
	c.Helper()
	if n, err := io.WriteString(conn, text); n != len(text) || err != nil {
		c.Errorf("write %q: %d, %v", text, n, err)
	}
}

// read fails the test unless one Read returns just this text.
func (c clock) read(conn net.Conn, want string) {
	c.Helper()
	b := make([]byte, 100)
	if n, err := conn.Read(b); string(b[:n]) != want || err != nil {
		c.Errorf("read %q, %v, want %q", b[:n], err, want)
	}
}

// fails fails the test unless one Read returns just this error.
func (c clock) fails(conn net.Conn, want error) {
	c.Helper()
	if n, err := conn.Read(make([]byte, 1)); n != 0 || !errors.Is(err, want) {
		c.Errorf("read %d, %v, want %v", n, err, want)
	}
}

// Data, and the end of it, come a round trip after they arrived, in order, however
// late or early somebody asks.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		c := newClock(t)
		go func() {
			c.write(far, "a")
			time.Sleep(3 * time.Millisecond)
			c.write(far, "b")
			time.Sleep(time.Millisecond)
			c.write(far, "c")
			time.Sleep(time.Millisecond)
			far.Close()
		}()
		c.read(near, "a")
		c.at(rtt, "a")
		c.read(near, "b")
		c.at(rtt+3*time.Millisecond, "b")
		time.Sleep(1500 * time.Microsecond)
		c.read(near, "c")
		c.at(rtt+4500*time.Microsecond, "c, asked for late,")
		for range 2 {
			c.fails(near, io.EOF)
			c.at(rtt+5*time.Millisecond, "the end")
		}
	})
}

// A piece may be read in pieces, and those that remain do not wait again.
func TestReadInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		c := newClock(t)
		c.write(far, "abc")
		if n, err := near.Read(nil); n != 0 || err != nil {
			t.Errorf("read nothing: %d, %v", n, err)
		}
		for _, want := range "abc" {
			b := make([]byte, 1)
			if _, err := near.Read(b); err != nil || rune(b[0]) != want {
				t.Errorf("read %q, %v, want %q", b, err, want)
			}
			c.at(rtt, "a letter")
		}
	})
}

// A question and its answer take one round trip, ten in turn ten, and ten at once
// one. What is written is there at once.
func TestRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		go io.Copy(far, far)
		c := newClock(t)
		for i := range 10 {
			c.write(near, "x")
			c.at(time.Duration(i)*rtt, "written")
			c.read(near, "x")
		}
		c.at(10*rtt, "the tenth answer")
		for range 10 {
			c.write(near, "x")
		}
		for range 10 {
			c.read(near, "x")
		}
		c.at(11*rtt, "ten answers")
	})
}

// Dialing takes a round trip, whether it works or not, unless ctx ends before.
func TestDial(t *testing.T) {
	refused := errors.New("refused")
	for name, test := range map[string]struct {
		patience time.Duration
		fault    error
		took     time.Duration
		want     error
	}{
		"works":            {time.Hour, nil, rtt, nil},
		"fails":            {time.Hour, refused, rtt, refused},
		"ctx ends":         {time.Millisecond, nil, time.Millisecond, context.DeadlineExceeded},
		"ctx ends a fault": {time.Millisecond, refused, time.Millisecond, refused},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var far net.Conn
				d := link.Dialer{RTT: rtt, Count: new(link.Traffic), Dial: func(_ context.Context, network, addr string) (near net.Conn, err error) {
					if network != "tcp" || addr != "far:1" {
						t.Errorf("dialed %s %s", network, addr)
					}
					near, far = net.Pipe()
					if test.fault != nil {
						return nil, test.fault
					}
					return near, nil
				}}
				ctx, cancel := context.WithTimeout(t.Context(), test.patience)
				defer cancel()
				c := newClock(t)
				conn, err := d.DialContext(ctx, "tcp", "far:1")
				c.at(test.took, name)
				if !errors.Is(err, test.want) || (conn != nil) != (test.want == nil) {
					t.Errorf("%v, %v, want %v", conn, err, test.want)
				}
				if made := d.Count.Dials.Load(); (made == 1) != (test.want == nil) {
					t.Errorf("%d dials counted, and the error is %v", made, err)
				}
				if conn != nil {
					conn.Close()
				}
				if test.fault == nil {
					c.fails(far, io.EOF) // or the connection would be left open
				}
			})
		})
	}
}

// A dial that ctx ends is known to have sent nothing.
func TestDialErrorSaysDial(t *testing.T) {
	l := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	d := link.Dialer{RTT: time.Hour, Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		defer cancel()
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	_, err := d.DialContext(ctx, "tcp", l.Addr().String())
	if op, ok := errors.AsType[*net.OpError](err); !ok || op.Op != "dial" || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of a dial, which was canceled", err)
	}
}

// Without a delay a connection is what it was, or only counted, and in that case can
// still be asked for its file.
func TestWithoutDelay(t *testing.T) {
	l := listen(t)
	dial := func(d link.Dialer) net.Conn {
		conn, err := d.DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	if conn, ok := dial(link.Dialer{}).(*net.TCPConn); !ok {
		t.Errorf("the zero Dialer made a %T", conn)
	}
	conn := dial(link.Dialer{Count: new(link.Traffic)})
	if _, ok := conn.(syscall.Conn); !ok {
		t.Errorf("a counted %T cannot be asked for its file", conn)
	}
	near, _ := pipe(t, link.Dialer{Count: new(link.Traffic)})
	if _, ok := near.(syscall.Conn); ok {
		t.Error("a pipe can be asked for its file")
	}
}

func TestCount(t *testing.T) {
	for _, delay := range []time.Duration{0, rtt} {
		synctest.Test(t, func(t *testing.T) {
			count := new(link.Traffic)
			near, far := pipe(t, link.Dialer{RTT: delay, Count: count})
			c := newClock(t)
			go func() { c.write(far, "four") }()
			c.read(near, "four")
			go func() { c.write(near, "sixsix") }()
			c.read(far, "sixsix")
			synctest.Wait() // until it has been counted
			if r, w, n := count.Read.Load(), count.Written.Load(), count.Dials.Load(); r != 4 || w != 6 || n != 1 {
				t.Errorf("with a delay of %v: read %d, written %d, dials %d, want 4, 6, 1", delay, r, w, n)
			}
			near.Close()
			if _, err := near.Write([]byte("x")); err == nil || count.Written.Load() != 6 {
				t.Errorf("after Close: %v, and %d bytes written", err, count.Written.Load())
			}
		})
	}
}

// Deadlines are kept to the nanosecond, whether data is on its way or not, and lose
// nothing.
func TestReadDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		c := newClock(t)
		near.SetReadDeadline(c.begin.Add(time.Millisecond))
		c.fails(near, os.ErrDeadlineExceeded)
		c.at(time.Millisecond, "the first deadline")
		c.write(far, "late")
		near.SetDeadline(c.begin.Add(2 * time.Millisecond))
		c.fails(near, os.ErrDeadlineExceeded)
		c.at(2*time.Millisecond, "the second")
		go func() {
			time.Sleep(time.Millisecond)
			near.SetReadDeadline(time.Unix(1, 0)) // wakes who reads
		}()
		near.SetReadDeadline(time.Time{})
		c.fails(near, os.ErrDeadlineExceeded)
		c.at(3*time.Millisecond, "the deadline in the past")
		time.Sleep(rtt)
		c.fails(near, os.ErrDeadlineExceeded) // also if there is something to read
		near.SetReadDeadline(time.Now().Add(time.Hour))
		c.read(near, "late")
		c.at(rtt+3*time.Millisecond, "what was late")
	})
}

// A deadline that is moved while somebody reads counts at once.
func TestDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		c := newClock(t)
		near.SetReadDeadline(c.begin.Add(time.Millisecond))
		go func() {
			c.write(far, "x")
			near.SetReadDeadline(time.Time{})
		}()
		c.read(near, "x")
		c.at(rtt, "x")
	})
}

func TestWriteDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, _ := pipe(t, link.Dialer{RTT: rtt})
		c := newClock(t)
		near.SetDeadline(c.begin.Add(time.Millisecond))
		if _, err := near.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("write: %v", err)
		}
		c.at(time.Millisecond, "the deadline")
	})
}
