package serve_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/internal/serve"
)

// A name that was made to point to loopback gets nothing there.
func TestOnLoopbackNoNameGetsAnAnswer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	go func() { served <- serve.HTTP(ctx, l, h, serve.Times{Grace: time.Second}) }() // received at the end
	defer func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for host, want := range map[string]int{
		l.Addr().String():             http.StatusNoContent,
		"127.0.0.1":                   http.StatusNoContent,
		"localhost:7001":              http.StatusNoContent, // the near end of a tunnel
		"[::1]:80":                    http.StatusNoContent,
		"[::1]":                       http.StatusNoContent,
		"10.1.2.3:80":                 http.StatusNoContent,
		"evil.example":                http.StatusMisdirectedRequest,
		"evil.example:80":             http.StatusMisdirectedRequest,
		"localhost.evil.example":      http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example:7001": http.StatusMisdirectedRequest,
		"127.0.0.1.":                  http.StatusMisdirectedRequest,
	} {
		r, err := http.NewRequestWithContext(ctx, "GET", "http://"+l.Addr().String()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = host
		answer, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("as %s: %s, want %d", host, answer.Status, want)
		}
	}
}
