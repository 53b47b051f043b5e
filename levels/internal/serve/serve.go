// Package serve runs an HTTP server until it is told to stop, and then stops it
// without losing requests.
package serve

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Idle is how long a connection may be silent. Clients should close theirs
// earlier: a request sent just as the server closes is lost, and on a
// connection that was never used net/http does not repeat it.
const Idle = 2 * time.Minute

// HTTP serves h on l until ctx ends; on loopback, only to those who ask by address.
// Then it takes no new connections, lets the requests under way finish for as long as
// grace, and returns nil, or an error if it had to cut some off; the ctx of those ends,
// and their handlers are not waited for. It also returns an error as soon as l fails. It
// closes l in any case.
func HTTP(ctx context.Context, l net.Listener, h http.Handler, grace time.Duration) error {
	fresh := unused{conns: map[net.Conn]bool{}}
	server := &http.Server{
		Handler:           byAddress(l, h),
		ReadHeaderTimeout: Idle, // counts from the first byte, or on a new connection from its start
		IdleTimeout:       Idle,
		MaxHeaderBytes:    16 << 10,
		ConnState:         fresh.track,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }() // received from below on every path
	select {
	case err := <-failed:
		server.Close()
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}

	l.Close()
	<-failed // from here on there are no new connections
	fresh.close()
	return shutdown(server, l.Addr(), grace)
}

func shutdown(server *http.Server, addr net.Addr, grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		server.Close()
		return fmt.Errorf("stop serving on %s: cut off what was under way after %v: %w", addr, grace, err)
	}
	return nil
}

// unused are the connections on which no request has come yet. Shutdown would
// give each of them five seconds to send one, and a client that opens many
// connections at once always leaves some unused.
type unused struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// track is called by the server whenever a connection changes its state.
func (u *unused) track(c net.Conn, state http.ConnState) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if state == http.StateNew {
		u.conns[c] = true
	} else {
		delete(u.conns, c)
	}
}

func (u *unused) close() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		c.Close()
	}
}
