package link_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/link"
)

// Close ends a Read at once, also one whose data is on its way, and what is called
// after it fails.
func TestClose(t *testing.T) {
	for _, sent := range []string{"", "on its way"} {
		synctest.Test(t, func(t *testing.T) {
			near, far := pipe(t, link.Dialer{RTT: rtt})
			c := newClock(t)
			c.write(far, sent)
			go func() {
				time.Sleep(time.Millisecond)
				near.Close()
			}()
			c.fails(near, net.ErrClosed)
			c.at(time.Millisecond, "Close")
			time.Sleep(rtt)
			c.fails(near, net.ErrClosed)
			for name, err := range map[string]error{"SetReadDeadline": near.SetReadDeadline(time.Time{}), "SetDeadline": near.SetDeadline(time.Time{})} {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("%s after Close: %v", name, err)
				}
			}
			if _, err := near.Write([]byte("x")); err == nil {
				t.Error("Write after Close works")
			}
			near.Close() // once more
		})
	}
}

// A connection takes a window of what its reader does not want, then no more, until
// there is room; and Close ends it there too.
func TestWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		taken := 0
		var flooding sync.WaitGroup
		flooding.Go(func() {
			for b := make([]byte, 1<<10); ; taken += len(b) {
				if _, err := far.Write(b); err != nil {
					return
				}
			}
		})
		synctest.Wait()
		first := taken
		if first > 4<<20 || first < 3<<20 {
			t.Errorf("%d bytes were taken unread, want a window of 4 MiB with what it costs", first)
		}
		if _, err := io.ReadFull(near, make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if more := taken - first; more < 1<<20-1<<10 || more > 1<<20+1<<10 {
			t.Errorf("%d bytes were taken when there was room for 1 MiB", more)
		}
		near.Close()
		flooding.Wait()
	})
}

// Small packets count for more than their bytes.
func TestWindowOfSmallPackets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe(t, link.Dialer{RTT: rtt})
		taken := 0
		var flooding sync.WaitGroup
		flooding.Go(func() {
			for {
				if _, err := far.Write([]byte{1}); err != nil {
					return
				}
				taken++
			}
		})
		synctest.Wait()
		if taken > 100_000 {
			t.Errorf("%d packets of a byte were taken", taken)
		}
		near.Close()
		flooding.Wait()
	})
}

// listen listens on loopback, for as long as the test runs.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// socket returns a delayed connection over loopback and its far end.
func socket(t *testing.T, delay time.Duration) (near, far net.Conn) {
	t.Helper()
	l := listen(t)
	near, err := (&link.Dialer{RTT: delay, Count: new(link.Traffic)}).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close() })
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close() })
	return near, far
}

// Over loopback every byte comes through, once and in order, in both directions at
// once, whatever the sizes of reads and writes.
func TestBytes(t *testing.T) {
	for _, delay := range []time.Duration{0, 200 * time.Microsecond} {
		near, far := socket(t, delay)
		sent := make([]byte, 9<<20) // over the window
		random := rand.NewChaCha8([32]byte{1})
		random.Read(sent)
		var moving sync.WaitGroup
		moving.Go(func() {
			defer far.Close()
			if _, err := io.Copy(struct{ io.Writer }{far}, struct{ io.Reader }{io.LimitReader(far, int64(len(sent)))}); err != nil {
				t.Error(err)
			}
		})
		moving.Go(func() {
			for left, r := sent, rand.New(rand.NewPCG(1, 1)); len(left) > 0; {
				n := min(1+r.IntN(100_000), len(left))
				if _, err := near.Write(left[:n]); err != nil {
					t.Error(err)
					return
				}
				left = left[n:]
			}
		})
		var got bytes.Buffer
		var err error
		for r, b := rand.New(rand.NewPCG(2, 2)), make([]byte, 200_000); err == nil; {
			var n int
			n, err = near.Read(b[:1+r.IntN(len(b))])
			got.Write(b[:n])
		}
		moving.Wait()
		if err != io.EOF || !bytes.Equal(got.Bytes(), sent) {
			t.Errorf("with a delay of %v: %d bytes came back of %d, equal: %v, %v", delay, got.Len(), len(sent), bytes.Equal(got.Bytes(), sent), err)
		}
	}
}

// A connection that breaks does so for its reader too, after what came before.
func TestBreaks(t *testing.T) {
	near, far := socket(t, time.Millisecond)
	io.WriteString(far, "last words")
	b := make([]byte, 100)
	if n, err := near.Read(b); string(b[:n]) != "last words" || err != nil {
		t.Errorf("read %q, %v", b[:n], err)
	}
	far.(*net.TCPConn).SetLinger(0)
	far.Close() // with a reset
	for range 2 {
		if n, err := near.Read(b); n != 0 || err == nil || err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read %d, %v, want the reset", n, err)
		}
	}
}

// Whoever reads, writes, sets deadlines and closes may do it at the same time.
func TestAtTheSameTime(t *testing.T) {
	near, far := socket(t, 100*time.Microsecond)
	var busy sync.WaitGroup
	busy.Go(func() { io.Copy(far, far) })
	for range 4 {
		busy.Go(func() {
			for b := make([]byte, 10); ; {
				if _, err := near.Read(b); errors.Is(err, net.ErrClosed) {
					return
				}
			}
		})
		busy.Go(func() {
			for range 200 {
				near.SetReadDeadline(time.Now().Add(50 * time.Microsecond))
				near.Write([]byte("hello"))
				near.SetReadDeadline(time.Now())
			}
			near.Close()
		})
	}
	busy.Wait()
}
