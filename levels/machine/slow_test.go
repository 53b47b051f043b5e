package machine_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
	"github.com/fourlevels/fourlevels/levels/machine"
)

// A hall is a listener without a network: its connections are pipes, so that a bubble of
// testing/synctest knows when all of its goroutines wait, and its clock goes on at once.
type hall struct {
	coming chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newHall() *hall { return &hall{coming: make(chan net.Conn), closed: make(chan struct{})} }

func (h *hall) Accept() (net.Conn, error) {
	select {
	case c := <-h.coming:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *hall) Close() error   { h.once.Do(func() { close(h.closed) }); return nil }
func (h *hall) Addr() net.Addr { return &net.UnixAddr{Name: "hall", Net: "unix"} }

func (h *hall) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case h.coming <- far:
		return near, nil
	case <-h.closed:
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: net.ErrClosed}
	case <-ctx.Done():
		return nil, &net.OpError{Op: "dial", Net: "unix", Err: ctx.Err()}
	}
}

// enter is a client that comes in.
func (h *hall) enter(t *testing.T) net.Conn {
	t.Helper()
	conn, err := h.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// A slow client says the first part at once, and the second a byte each second.
type slowClient struct {
	first, second string
	deaf          bool // reads nothing of what it is told, which blocks a worker that writes
	cut           time.Duration
	told          string
}

var slowClients = map[string]slowClient{
	"says nothing":      {cut: 5 * time.Second},
	"a head in pieces":  {first: "POST / HTTP/1.1\r\n", second: "X-Slow: " + long, cut: 5 * time.Second},
	"a body in pieces":  {first: head(100), second: long, cut: 30 * time.Second, told: "408 Request Timeout"},
	"half a body":       {first: head(100) + "half", cut: 30 * time.Second, told: "408 Request Timeout"},
	"stays for another": {first: head(len(small)) + small, cut: time.Minute, told: "200 OK"},
	"reads no answer":   {first: head(len(small)) + small, deaf: true, cut: time.Minute},
}

var (
	small = string(wire.AppendTasks(nil, []levels.Task{{Func: "echo"}}))
	long  = strings.Repeat("a", 90)
)

// head is that of a request with so many bytes of tasks.
func head(length int) string {
	return fmt.Sprintf("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nFourlevels-Protocol: %d\r\nFourlevels-Request: %s/1\r\n"+
		"Content-Type: application/x-fourlevels-tasks\r\nContent-Length: %d\r\n\r\n", wire.Version, rand.Text(), length)
}

// visit is what a slow client does until it is cut off. It returns how long that took,
// and what it was told.
func (c slowClient) visit(conn net.Conn) (took time.Duration, told string) {
	defer conn.Close()
	start, gone := time.Now(), make(chan time.Time)
	var text strings.Builder
	go func() { // received below
		if !c.deaf {
			io.Copy(&text, conn)
		}
		gone <- time.Now()
	}()
	io.WriteString(conn, c.first)
	for i := range c.second {
		time.Sleep(time.Second)
		if _, err := io.WriteString(conn, c.second[i:i+1]); err != nil {
			break
		}
	}
	end := <-gone
	if c.deaf {
		for err := error(nil); err == nil; { // what it writes waits for a reader, who is there for a byte, or for the end
			_, err = io.WriteString(conn, "a")
		}
		end = time.Now()
	}
	return end.Sub(start), text.String()
}

// No client holds a worker up for longer than the worker wants.
func TestSlowClients(t *testing.T) {
	for name, c := range slowClients {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHall()
				ctx, stop := context.WithCancel(t.Context())
				served := make(chan error, 1)
				go func() { served <- machine.Serve(ctx, h, echoing(), time.Second) }() // received at the end
				took, told := c.visit(h.enter(t))
				if took < c.cut || took > c.cut+time.Second || !strings.Contains(told, c.told) {
					t.Errorf("cut off after %v, told %q; want %v, %q", took, told, c.cut, c.told)
				}
				stop()
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A server of net/http that was told nothing waits for each of them until they have enough.
func TestSlowClientsOfAServerWithoutTimes(t *testing.T) {
	for name, c := range slowClients {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h, server := newHall(), &http.Server{Handler: bare{echoing()}}
				served := make(chan error, 1)
				go func() { served <- server.Serve(h) }() // received at the end
				conn := h.enter(t)
				enough := time.AfterFunc(2*time.Hour, func() { conn.Close() })
				defer enough.Stop()
				if took, _ := c.visit(conn); took != 2*time.Hour {
					t.Errorf("cut off after %v", took)
				}
				server.Close()
				<-served
			})
		})
	}
}

// A bare handler cannot set the deadlines of its connection.
type bare struct{ http.Handler }

func (b bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.Handler.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
}

// A task may take far longer than a client may.
func TestALongCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHall()
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error, 1)
		far := &machine.Handler{Level: &levels.Serial{Funcs: levels.Funcs{"nap": func(ctx context.Context, _ []byte) ([]byte, error) {
			time.Sleep(time.Hour)
			return []byte("awake"), context.Cause(ctx)
		}}}}
		go func() { served <- machine.Serve(ctx, h, far, time.Second) }() // received at the end
		l := machine.NewRPC(machine.RPCConfig{URLs: []string{"http://127.0.0.1"}, Dial: h.dial})
		if r := run1(ctx, l, "nap", ""); r.Err != nil || string(r.Output) != "awake" {
			t.Errorf("%q, %v", r.Output, r.Err)
		}
		l.Close()
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}
