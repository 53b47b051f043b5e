//go:build linux || darwin

package loop_test

import (
	"context"
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

// The loop does what the workload io asks for, and keeps its connections.
func TestIO(t *testing.T) {
	server := httptest.NewServer(origin.Handler(nil))
	defer server.Close()
	w, err := workload.Find("io", workload.Env{Origin: server.URL, Latency: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, loop.Config{Async: map[string]loop.Func{"io": loop.Get(nil)}, InFlight: 50})
	tasks := make([]levels.Task, 500)
	for i := range tasks {
		tasks[i] = w.Task(i, 0)
	}
	for i, r := range l.Run(t.Context(), tasks) {
		if r.Err == nil {
			r.Err = w.Check(tasks[i].Input, r.Output)
		}
		if r.Err != nil {
			t.Errorf("task %d: %v", i, r.Err)
		}
	}
	if conns, _ := l.Open(); conns == 0 || conns > 50 {
		t.Errorf("%d connections for 500 fetches, 50 at once", conns)
	}
}

// The loop does what the workload words asks for: this package is its corpus.
func TestWords(t *testing.T) {
	corpus, err := workload.OpenCorpus(".")
	if err != nil {
		t.Fatal(err)
	}
	defer corpus.Close()
	server := httptest.NewServer(origin.Handler(corpus))
	defer server.Close()
	w, err := workload.Find("words", workload.Env{Origin: server.URL, Corpus: corpus})
	if err != nil {
		t.Fatal(err)
	}
	l := open(t, loop.Config{Async: map[string]loop.Func{
		"words": loop.Get(func(_ context.Context, _, page []byte) ([]byte, error) {
			return workload.Count(string(page)).MarshalBinary()
		}),
	}})
	for i := range w.Distinct {
		task := w.Task(i, 0)
		r := l.Run(t.Context(), []levels.Task{task})[0]
		if r.Err == nil {
			r.Err = w.Check(task.Input, r.Output)
		}
		if r.Err != nil {
			t.Errorf("task %d: %v", i, r.Err)
		}
	}
}

func TestURLs(t *testing.T) {
	url, _ := serve(t, answerAll)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	port := url[strings.LastIndexByte(url, ':'):]
	l := fetching(t)
	for _, c := range []struct{ url, body, err string }{
		{url, "/", ""},
		{url + "?a=b#c", "/?a=b", ""},
		{url + "/a%20b", "/a%20b", ""},
		{"HTTP://LOCALHOST" + port + "/x", "/x", ""},
		{"http://[::ffff:127.0.0.1]" + port, "/", ""},
		{url + "/" + strings.Repeat("x", 8100), "/" + strings.Repeat("x", 8100), ""},
		{url + "/" + strings.Repeat("x", 8192), "", "over the limit of 8192"},
		{url + "/a b", "", "must be escaped"},
		{url + "/a\r\nHost: b", "", "must be escaped"},
		{"", "", "does not begin with http://"},
		{"https://127.0.0.1/", "", "does not begin with http://"},
		{"http://example.org/", "", `host "example.org" is no IP address`},
		{"http://me:secret@127.0.0.1/", "", `fetch "http://...": URL has a user, and the loop sends none`},
		{"http://127.0.0.1:secret@127.0.0.1/", "", `fetch "http://...": URL has a user, and the loop sends none`},
		{"ftp://me:secret@127.0.0.1/", "", `fetch "http://...": URL does not begin`},
		{"http://127.0.0.1:0/", "", `port "0"`},
		{"http://127.0.0.1:65536/", "", `port "65536"`},
		{"http://[::1/", "", "host"},
		{"http://[fe80::1%25lo]/", "", "host"},
		{"http:///", "", `host ""`},
		{"http://[::1]:1/", "", "dial tcp [::1]:1: "}, // refused, or there is no IPv6 here
		{"http://" + closed.Addr().String() + "/", "", "dial tcp " + closed.Addr().String() + ": connect: connection refused"},
	} {
		if err := check(get(l, t.Context(), c.url)[0], c.body, c.err); err != nil {
			t.Errorf("%.80q: %v", c.url, err)
		} else if c.err != "" && strings.Contains(c.url, "secret") && strings.Contains(get(l, t.Context(), c.url)[0].Err.Error(), "secret") {
			t.Errorf("%q: the error tells the password", c.url)
		}
	}
}

// Requests may be written in as many parts as buffers want. A server that answers
// before it has all of one gets no other on that connection.
func TestTinyBuffers(t *testing.T) {
	for _, c := range []struct {
		name      string
		serve     func(*peer)
		body, err string
		kept      int
	}{
		{"patient", answerAll, "/" + strings.Repeat("0123456789", 810), "", 1},
		{"hasty", func(p *peer) { p.say(answer("early")); answerAll(p) }, "early", "", 0},
		{"reset", (*peer).reset, "", "reset", 0},
	} {
		hold := make(chan bool)
		url, _ := serveWith(t, func(p *peer) { <-hold; c.serve(p) }, net.ListenConfig{Control: tiny})
		l := fetching(t)
		if err := adoptTiny(t, l, strings.TrimPrefix(url, "http://")); err != nil {
			t.Fatal(err)
		}
		var result levels.Result
		var running sync.WaitGroup
		running.Go(func() { result = get(l, context.Background(), url+"/"+strings.Repeat("0123456789", 810))[0] })
		eventually(t, "a request that is written in part", func() bool {
			_, partial := l.Open()
			return partial > 0
		})
		close(hold)
		running.Wait()
		if err := check(result, c.body, c.err); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if open, _ := l.Open(); open != c.kept {
			t.Errorf("%s: %d connections are kept, want %d", c.name, open, c.kept)
		}
	}
}

// adoptTiny gives the loop a connection with buffers as small as they can be.
func adoptTiny(t *testing.T, l *loop.Level, host string) error {
	dialer := net.Dialer{Control: tiny}
	c, err := dialer.DialContext(t.Context(), "tcp", host)
	if err != nil {
		return err
	}
	defer c.Close()
	file, err := c.(*net.TCPConn).File()
	if err != nil {
		return err
	}
	defer file.Close()
	fd, err := duplicate(file)
	if err != nil {
		return err
	}
	return l.Adopt(fd, host)
}

// The largest body that is allowed comes whole, and leaves others their turn.
func TestLargeBodies(t *testing.T) {
	body := strings.Repeat("0123456789abcdef", 1<<20)
	url, conns := serve(t, func(p *peer) {
		for target, err := p.target(); err == nil; target, err = p.target() {
			switch target {
			case "/length":
				err = p.say(answer(body))
			case "/chunked":
				err = p.say(fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(body), body))
			default:
				err = p.say(answer(target))
			}
			if err != nil {
				return
			}
		}
	})
	l := fetching(t)
	for _, r := range get(l, t.Context(), url+"/length", url+"/chunked") {
		if r.Err != nil || string(r.Output) != body {
			t.Errorf("%d bytes, %v", len(r.Output), r.Err)
		}
	}
	if err := check(get(l, t.Context(), url)[0], "/", ""); err != nil || conns.Load() != 2 {
		t.Errorf("%v, %d connections", err, conns.Load())
	}
}

// One connection reads only so much before others have their turn, and forgets nothing.
func TestReadsTakeTurns(t *testing.T) {
	body := strings.Repeat("0123456789", 10_000)
	url, _ := serve(t, after(func(p *peer) {
		p.say(answer(body))
		p.in.ReadByte()
	}))
	l := fetching(t)
	l.SetBuffer(512)
	for _, r := range get(l, t.Context(), url, url, url) {
		if err := check(r, body, ""); err != nil {
			t.Error(err)
		}
	}
}

// A server that says nothing does not hold up a task for ever.
func TestPatience(t *testing.T) {
	url, _ := serve(t, after(func(p *peer) { p.in.ReadByte() }))
	l := fetching(t)
	l.SetPatience(20 * time.Millisecond)
	for _, r := range get(l, t.Context(), slow(url, 5)...) {
		if err := check(r, "", "no answer within 20ms"); err != nil {
			t.Error(err)
		}
	}
	if open, _ := l.Open(); open != 0 {
		t.Errorf("%d connections are left", open)
	}
}
