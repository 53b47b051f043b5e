//go:build linux || darwin

package loop_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/async/loop"
)

// A kept connection that breaks before it answers is not the end of a fetch: it is
// made again on a new one. That one gets no second chance.
func TestStaleConnection(t *testing.T) {
	for _, reset := range []bool{false, true} {
		for _, fails := range []bool{false, true} {
			url, conns := serve(t, func(p *peer) {
				target, err := p.target()
				if err != nil || p.n > 0 && fails {
					return
				}
				p.say(answer(target))
				if p.n > 0 {
					return
				}
				p.target() // which is the next, and gets no answer
				if reset {
					p.reset()
				}
			})
			l := fetching(t)
			want := []string{"/a", "/b"}
			for i, path := range want {
				says := ""
				if i == 1 && fails {
					says = "EOF"
				}
				if err := check(get(l, t.Context(), url+path)[0], path, says); err != nil {
					t.Errorf("reset %v, new one fails %v, %s: %v", reset, fails, path, err)
				}
			}
			if conns.Load() != 2 {
				t.Errorf("reset %v, new one fails %v: %d connections", reset, fails, conns.Load())
			}
		}
	}
}

// The new connection is a new one, though another idle one is there: that may be as
// stale as the first.
func TestStaleConnections(t *testing.T) {
	both := make(chan bool)
	url, _ := serve(t, func(p *peer) {
		if target, err := p.target(); err == nil {
			if p.n == 1 {
				close(both)
			}
			<-both
			p.say(answer(target))
		}
		if p.n < 2 {
			p.target() // and gives no answer
		}
	})
	l := fetching(t)
	for _, urls := range [][]string{{url, url}, {url}} {
		for _, r := range get(l, t.Context(), urls...) {
			if err := check(r, "/", ""); err != nil {
				t.Error(err)
			}
		}
	}
}

// A connection that nobody uses is closed when it says something, when the server
// closes it, and after a while.
func TestIdleConnections(t *testing.T) {
	speak := make(chan string)
	url, _ := serve(t, func(p *peer) {
		if target, err := p.target(); err == nil && p.say(answer(target)) == nil {
			p.say(<-speak)
		}
		if p.n == 0 {
			p.target() // it ends with the connection
		}
	})
	l := fetching(t)
	for _, text := range []string{"HTTP/1.1 408 Request Timeout\r\n\r\n", ""} {
		if err := check(get(l, t.Context(), url)[0], "/", ""); err != nil {
			t.Error(err)
		}
		if open, _ := l.Open(); open != 1 {
			t.Errorf("%d connections are open, want one", open)
		}
		speak <- text
		eventually(t, "the connection is closed", func() bool {
			open, _ := l.Open()
			return open == 0
		})
	}
}

func TestOldConnectionsAreClosed(t *testing.T) {
	url, conns := serve(t, answerAll)
	l := fetching(t)
	for i, by := range []time.Duration{time.Minute, 10 * time.Second, time.Minute} {
		if err := check(get(l, t.Context(), url)[0], "/", ""); err != nil {
			t.Error(err)
		}
		l.Age(by)
		eventually(t, "the loop has looked", l.Swept)
		if open, _ := l.Open(); open != 1 || conns.Load() != 1 {
			t.Errorf("%d: %d connections of %d are open", i, open, conns.Load())
		}
	}
	l.Age(80 * time.Second)
	eventually(t, "the connection is closed", func() bool {
		open, _ := l.Open()
		return open == 0
	})
	if n := l.Hosts(); n != 0 {
		t.Errorf("%d hosts are remembered without a connection", n)
	}
}

// Descriptors come back at once when connections end. No fetch gets what belongs to
// the one that had its descriptor before.
func TestDescriptorsAreUsedAgain(t *testing.T) {
	url, _ := serve(t, func(p *peer) {
		for n := 0; ; n++ {
			target, err := p.target()
			switch {
			case err != nil:
				return
			case p.n%3 == 1:
				p.say(answer(target))
				p.reset()
				return
			case p.n%3 == 2 && n == 1:
				p.say("HTTP/1.1 200 OK\r\n\r\n" + target)
				return
			}
			p.say(answer(target) + strings.Repeat("x", p.n%2)) // the surplus is for nobody
		}
	})
	l := open(t, loop.Config{Async: map[string]loop.Func{"get": loop.Get(nil)}, InFlight: 20})
	var urls []string
	for i := range 2000 {
		urls = append(urls, fmt.Sprintf("%s/%d", url, i))
	}
	for range 3 {
		failed := 0
		for i, r := range get(l, t.Context(), urls...) {
			if r.Err != nil {
				failed++ // an RST may overtake the answer
			} else if want := fmt.Sprintf("/%d", i); string(r.Output) != want {
				t.Fatalf("%s has the answer %q", want, r.Output)
			}
		}
		if failed > 1000 {
			t.Errorf("%d of 2000 fetches failed", failed)
		}
	}
}

// An event that is meant for the last owner of a descriptor does nothing. This one is a
// pipe, which a look at it would show to be no connection.
func TestStaleEvent(t *testing.T) {
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(pipe[0])
	l := fetching(t)
	if err := l.Adopt(pipe[1], "127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	for want := 1; want >= 0; want-- {
		l.Deliver(uint32(want)) // of the generation before, and then of its own
		if open, _ := l.Open(); open != want {
			t.Errorf("%d connections, want %d", open, want)
		}
	}
}
