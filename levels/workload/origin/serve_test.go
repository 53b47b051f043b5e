package origin_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

func TestServeUntilTheEndOfContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	served := make(chan error, 1)
	go func() { served <- origin.Serve(ctx, l, origin.Handler(nil)) }()

	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	const target = "/wait?i=7"
	resp, err := client.Get("http://" + l.Addr().String() + target)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || string(body) != "af63aa4c86019796" {
		t.Errorf("%s: %q, %v", target, body, err)
	}
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
		t.Error("a server that has stopped takes connections")
	}
}

func TestServeFailsWithItsListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := origin.Serve(t.Context(), l, origin.Handler(nil)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("err = %v, want one that says the listener is closed", err)
	}
}
