//go:build linux || darwin

package loop_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// A peer is a connection as a server sees it, and does with it what it likes.
type peer struct {
	*net.TCPConn
	n  int // how many connections came before
	in *bufio.Reader
}

// target reads a request and returns what it asks for.
func (p *peer) target() (string, error) {
	r, err := http.ReadRequest(p.in)
	if err != nil {
		return "", err
	}
	return r.RequestURI, nil
}

func (p *peer) say(text string) error {
	_, err := io.WriteString(p, text)
	return err
}

// reset closes the connection with an RST.
func (p *peer) reset() {
	p.SetLinger(0)
	p.Close()
}

// serve has each connection served by f, in a goroutine of its own, and returns the
// URL. The connections end with f, or with the loop, which is closed before.
func serve(tb testing.TB, f func(*peer)) (url string, conns *atomic.Int64) {
	return serveWith(tb, f, net.ListenConfig{})
}

func serveWith(tb testing.TB, f func(*peer), config net.ListenConfig) (url string, conns *atomic.Int64) {
	tb.Helper()
	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var serving sync.WaitGroup
	conns = new(atomic.Int64)
	serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			n := int(conns.Add(1)) - 1
			serving.Go(func() {
				defer c.Close()
				f(&peer{c.(*net.TCPConn), n, bufio.NewReader(c)})
			})
		}
	})
	tb.Cleanup(func() {
		listener.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String(), conns
}

// answerAll answers each request with what it asks for.
func answerAll(p *peer) {
	for {
		target, err := p.target()
		if err != nil || p.say(answer(target)) != nil {
			return
		}
	}
}

func answer(body string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// fetching is a loop that can fetch and nothing else.
func fetching(tb testing.TB) *loop.Level {
	return open(tb, loop.Config{Async: map[string]loop.Func{"get": loop.Get(nil)}})
}

func get(l levels.Level, ctx context.Context, urls ...string) []levels.Result {
	tasks := make([]levels.Task, len(urls))
	for i, url := range urls {
		tasks[i] = levels.Task{Func: "get", Input: []byte(url)}
	}
	return l.Run(ctx, tasks)
}

// check returns an error unless r is the body, or an error that says it.
func check(r levels.Result, body, err string) error {
	switch {
	case err == "" && (r.Err != nil || string(r.Output) != body):
		return fmt.Errorf("have %.80q, %v, want %.80q", r.Output, r.Err, body)
	case err != "" && (r.Err == nil || r.Output != nil || !strings.Contains(r.Err.Error(), err)):
		return fmt.Errorf("have %.80q, %v, want an error that says %q", r.Output, r.Err, err)
	}
	return nil
}

// tiny makes the buffers of sockets as small as they can be.
func tiny(_, _ string, raw syscall.RawConn) error {
	var err error
	return errors.Join(raw.Control(func(fd uintptr) {
		err = errors.Join(
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1),
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_SNDBUF, 1))
	}), err)
}

// duplicate returns a descriptor of its own for an open file.
func duplicate(file *os.File) (int, error) {
	fd, err := syscall.Dup(int(file.Fd()))
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	return fd, err
}
