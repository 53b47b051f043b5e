package queue_test

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// wired opens a queue in a store of the bubble, over connections that can be cut.
func (r *rig) wired(m *miniredis.Miniredis, w *wires) *queue.Queue {
	r.Helper()
	w.store = m
	client := redis.NewClient(&redis.Options{Addr: "bubble", Dialer: w.dial, Protocol: 2, DisableIdentity: true, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
	r.Cleanup(func() { client.Close() })
	q, err := queue.New(r.Context(), client, queue.Config{Name: r.Name})
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { q.Close() })
	return q
}

// wires are the connections of one program to a store in its bubble.
type wires struct {
	store *miniredis.Miniredis

	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func (w *wires) dial(context.Context, string, string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, errors.New("the wire is cut")
	}
	c, err := w.store.Dial()
	if err != nil {
		return nil, err
	}
	s := queue.NewSpool(c)
	w.conns = append(w.conns, s)
	return s, nil
}

// cut breaks all connections, and lets no new ones through.
func (w *wires) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for _, c := range w.conns {
		c.Close()
	}
}

func (w *wires) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}
