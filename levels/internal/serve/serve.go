// Package serve runs an HTTP server until it is told to stop, and then stops it
// without losing requests.
package serve

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Idle is how long a connection may be silent between two requests. Clients should
// close theirs earlier: a request sent just as the server closes is lost, and on a
// connection that was never used net/http does not repeat it.
const Idle = time.Minute

// Times are how long a server waits. The zero Times are for a server that only this
// machine can reach; net/http by itself would wait for ever.
type Times struct {
	Grace   time.Duration // for the requests under way, when told to stop
	Header  time.Duration // for the head of a request; 0 means Idle. On a new connection it counts from the start
	Request time.Duration // for all of a request, its body too; 0 means for ever
}

// ErrCutOff is the cause with which the ctx of a request ends that the server did not
// wait for. If its client has gone, that is context.Canceled.
var ErrCutOff = errors.New("the server has stopped")

// HTTP serves h on l until ctx ends; on loopback, only to those who ask by address.
// Then it takes no new connections, lets the requests under way finish for as long as
// the grace, and returns nil, or an error if it had to cut some off; the ctx of those ends,
// and their handlers are not waited for. It also returns an error as soon as l fails. It
// closes l in any case.
//
// There is no limit of time for an answer (WriteTimeout): it would count from the end of
// the request, and so cut off whoever computes for longer. A handler sets the deadline
// when it begins to write.
func HTTP(ctx context.Context, l net.Listener, h http.Handler, t Times) error {
	fresh := unused{conns: map[net.Conn]bool{}}
	requests, cutOff := context.WithCancelCause(context.Background())
	defer cutOff(ErrCutOff)
	server := &http.Server{
		Handler:                      byAddress(l, h),
		ReadHeaderTimeout:            cmp.Or(t.Header, Idle),
		ReadTimeout:                  t.Request,
		IdleTimeout:                  Idle,
		MaxHeaderBytes:               16 << 10,
		ConnState:                    fresh.track,
		DisableGeneralOptionsHandler: true, // or OPTIONS * would be answered before h is asked
		BaseContext:                  func(net.Listener) context.Context { return requests },
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
	return shutdown(server, l.Addr(), t.Grace, cutOff)
}

func shutdown(server *http.Server, addr net.Addr, grace time.Duration, cutOff context.CancelCauseFunc) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		cutOff(ErrCutOff) // before the connections close, which would tell less
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
