//go:build linux || darwin

package loop_test

import (
	"fmt"
	"strings"
	"testing"
)

// after answers nothing before it has a request.
func after(f func(*peer)) func(*peer) {
	return func(p *peer) {
		if _, err := p.target(); err == nil {
			f(p)
		}
	}
}

// saying says a text and closes the connection.
func saying(text string) func(*peer) { return after(func(p *peer) { p.say(text) }) }

// forever says a beginning, and then the rest again and again.
func forever(beginning, rest string) func(*peer) {
	rest = strings.Repeat(rest, 1+8192/len(rest))
	return after(func(p *peer) {
		for err := p.say(beginning); err == nil; {
			err = p.say(rest)
		}
	})
}

func TestHostileServers(t *testing.T) {
	const ok, chunked = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name      string
		server    func(*peer)
		body, err string
	}{
		{"until close", saying(ok + "\r\nhello"), "hello", ""},
		{"1.0", saying("HTTP/1.0 200 OK\r\n\r\nhello"), "hello", ""},
		{"interim", saying("HTTP/1.1 100 Continue\r\n\r\n" + answer("hello")), "hello", ""},
		{"odd chunks", saying(chunked + "1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n"), "hello", ""},
		{"announces too little", saying(ok + "Content-Length: 5\r\n\r\nhello, world"), "hello", ""},
		{"announces too much", saying(ok + "Content-Length: 6\r\n\r\nhello"), "", "unexpected EOF"},
		{"announces 16 MiB", saying(ok + "Content-Length: 16777216\r\n\r\nhello"), "", "unexpected EOF"},
		{"announces more", saying(ok + "Content-Length: 16777217\r\n\r\nhello"), "", "limit of 16777216 bytes"},
		{"status", saying("HTTP/1.1 404 Not Found\r\nContent-Length: 8\r\n\r\nno\nwhere"), "", `status 404 Not Found: "no"`},
		{"redirect", saying("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), "", `status 302 Found: ""`},
		{"switch", saying("HTTP/1.1 101 Switching Protocols\r\n\r\nhello"), "", "status 101"},
		{"nothing", saying(""), "", "EOF"},
		{"half a line", saying("HTTP/1.1 20"), "", "unexpected EOF"},
		{"half a head", saying(ok + "A: b\r\n"), "", "unexpected EOF"},
		{"half a chunk", saying(chunked + "5\r\nhel"), "", "unexpected EOF"},
		{"no last chunk", saying(chunked + "5\r\nhello\r\n"), "", "unexpected EOF"},
		{"other protocol", saying("220 mail.example ESMTP\r\n"), "", "not like HTTP/1"},
		{"reset at once", func(p *peer) { p.reset() }, "", "connection reset"},
		{"reset before", after((*peer).reset), "", "connection reset"},
		{"endless headers", forever(ok, "A: b\r\n"), "", "lines of over 65536 bytes"},
		{"endless line", forever(ok, "A"), "", "lines of over 65536 bytes"},
		{"endless interims", forever("", "HTTP/1.1 102 Processing\r\n\r\n"), "", "too many 1xx"},
		{"endless body", forever(ok+"\r\n", "x"), "", "limit of 16777216 bytes"},
		{"endless chunks", forever(chunked, "40\r\n"+strings.Repeat("x", 64)+"\r\n"), "", "limit of 16777216 bytes"},
		{"endless trailers", forever(chunked+"0\r\n", "A: b\r\n"), "", "lines of over 4096 bytes"},
		{"endless reason", forever("HTTP/1.1 500 Oh\r\n\r\n", "x"), "", "status 500 Oh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, conns := serve(t, c.server)
			l := fetching(t)
			for n := range 2 { // the second shows what state the first has left
				if err := check(get(l, t.Context(), url+"/")[0], c.body, c.err); err != nil {
					t.Error(err)
				}
				if conns.Load() != int64(n+1) {
					t.Errorf("fetch %d: %d connections", n, conns.Load())
				}
			}
			if open, _ := l.Open(); open > 1 {
				t.Errorf("%d connections are left", open)
			}
		})
	}
}

// An answer may come byte by byte, and be cut anywhere.
func TestDribble(t *testing.T) {
	const text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nhel\r\n2\r\nlo\r\n0\r\nA: b\r\n\r\n"
	url, conns := serve(t, func(p *peer) {
		for {
			target, err := p.target()
			if err != nil {
				return
			}
			cut, size := 0, 0
			fmt.Sscanf(target, "/%d/%d", &cut, &size)
			for rest := text; rest != ""; cut = size {
				n := max(1, min(cut, len(rest)))
				p.say(rest[:n])
				rest = rest[n:]
			}
		}
	})
	var urls []string
	for cut := range len(text) {
		urls = append(urls, fmt.Sprintf("%s/%d/1", url, cut), fmt.Sprintf("%s/%d/%d", url, cut, len(text)))
	}
	l := fetching(t)
	for i, r := range get(l, t.Context(), urls...) {
		if err := check(r, "hello", ""); err != nil {
			t.Errorf("%s: %v", urls[i], err)
		}
	}
	if n := conns.Load(); n > int64(len(urls)) {
		t.Errorf("%d connections for %d fetches", n, len(urls))
	}
}

// A reset is an error at whatever stage it comes, and it comes to nobody else.
func TestResets(t *testing.T) {
	full := answer("hello")
	for n := range len(full) {
		url, _ := serve(t, func(p *peer) {
			for {
				target, err := p.target()
				if err != nil {
					return
				}
				if target == "/reset" {
					p.say(full[:n])
					p.reset()
					return
				}
				p.say(answer(target))
			}
		})
		results := get(fetching(t), t.Context(), url+"/a", url+"/reset", url+"/b")
		want := []string{"/a", "", "/b"}
		for i, err := range []string{"", "reset", ""} {
			if i == 1 && results[1].Err != nil && strings.Contains(results[1].Err.Error(), "EOF") {
				continue // an RST may overtake the data
			}
			if err := check(results[i], want[i], err); err != nil {
				t.Errorf("reset after %d bytes: %v", n, err)
			}
		}
	}
}
