package live_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/live"
)

// Whoever has no token, or talks nonsense, is hung up on and shows nothing.
func TestCollectorHangsUp(t *testing.T) {
	for name, say := range map[string]string{
		"no token":      `{"host":"a","pid":1}`,
		"another token": `{"token":"AAAAAAAAAAAAAAAAAAAAAAAAAA","host":"a","pid":1}`,
		"no JSON":       `GET / HTTP/1.1`,
		"too long":      `{"token":"` + strings.Repeat("x", 10_000) + `"}`,
	} {
		sink := newSpans()
		k, environment := collect(t, sink, live.CollectorConfig{})
		address, _, _ := strings.Cut(environment, " ")
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(conn, say)
		if n, err := conn.Read(make([]byte, 100)); err == nil {
			t.Errorf("%s: it answered with %d bytes", name, n)
		}
		conn.Close()
		if n := len(k.Skews()); n != 0 {
			t.Errorf("%s: %d workers came", name, n)
		}
	}
	if _, err := live.Dial(t.Context(), "127.0.0.1:1"); err == nil {
		t.Error("connected without a token")
	}
}

func TestNonsenseAfterTheToken(t *testing.T) {
	for _, say := range []string{`{"lane":"a","task":1,"state":"fly","t0":5}`, `{"lane":"a","x":1}`, `[]`, strings.Repeat("x", 10_000)} {
		sink := newSpans()
		left := make(chan live.Peer, 1)
		_, environment := collect(t, sink, live.CollectorConfig{Left: func(p live.Peer) { left <- p }})
		fmt.Fprintln(join(t, environment), say)
		<-left
		if len(sink.all) != 0 {
			t.Errorf("%.40q made spans: %+v", say, sink.all)
		}
	}
}

// Workers that begin too many spans, or are too many, do not take the show with them.
func TestCollectorIsBounded(t *testing.T) {
	sink := newSpans()
	k, environment := collect(t, sink, live.CollectorConfig{Peers: 1, Rate: 10})
	conn := join(t, environment)
	const many = 1000
	for i := range many {
		fmt.Fprintf(conn, `{"lane":"1","task":1,"state":"run","t0":%d,"t1":%d}`+"\n", 1000000000000000000+i, 1000000000000000001+i)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		sink.mu.Lock()
		n := len(sink.all)
		sink.mu.Unlock()
		if n+k.Dropped() == many {
			if n < 10 || n > 100 {
				t.Errorf("%d spans came through, want about 10 a second", n)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d came and %d were dropped, want %d in all", n, k.Dropped(), many)
		}
	}
	if _, err := live.Dial(t.Context(), environment); err == nil {
		t.Error("a second worker came, want one at most")
	}
}

// Whoever does not know the token takes no seat from those who do.
func TestStrangersTakeNoSeat(t *testing.T) {
	_, environment := collect(t, newSpans(), live.CollectorConfig{Peers: 1})
	address, _, _ := strings.Cut(environment, " ")
	for range 5 {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	r, err := live.Dial(t.Context(), environment)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
