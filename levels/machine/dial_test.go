package machine_test

import (
	"context"
	"crypto/rand"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/link"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// A slow dialer counts what is sent, and the connections that are open.
type slow struct {
	link.Dialer
	open atomic.Int64
}

func newSlow() *slow {
	return &slow{Dialer: link.Dialer{RTT: time.Millisecond, Count: new(link.Traffic)}}
}

func (w *slow) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := w.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	w.open.Add(1)
	return &end{conn, w}, nil
}

type end struct {
	net.Conn
	slow *slow
}

func (e *end) Close() error {
	err := e.Conn.Close()
	if err == nil {
		e.slow.open.Add(-1)
	}
	return err
}

// echoes fails the test unless a batch with some bytes in it comes back.
func echoes(t *testing.T, l levels.Level) {
	t.Helper()
	tasks := make([]levels.Task, 10)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "echo", Input: make([]byte, 1000)}
	}
	for i, r := range l.Run(t.Context(), tasks) {
		if r.Err != nil || len(r.Output) != 1000 {
			t.Errorf("task %d: %d bytes, %v", i, len(r.Output), r.Err)
		}
	}
}

// All that the level of requests sends and gets goes over its Dial.
func TestDialRPC(t *testing.T) {
	w := newSlow()
	server := httptest.NewServer(&machine.Handler{Level: &levels.Serial{Funcs: leveltest.Funcs()}})
	defer server.Close()
	l := machine.NewRPC(machine.RPCConfig{URLs: []string{server.URL}, Dial: w.dial})
	echoes(t, l)
	l.Close()
	w.check(t, "caller", 10_000)
}

// So does all that the callers of a queue exchange with Redis, and all that its
// workers do.
func TestDialQueue(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) {
			caller, worker := newSlow(), newSlow()
			t.Cleanup(func() { worker.check(t, "worker", 10_000) }) // when it has ended
			c := machine.QueueConfig{Redis: s.URL, Name: rand.Text(), Dial: worker.dial}
			serveQueue(t, c, 1)
			c.Dial = caller.dial
			l, err := machine.NewQueue(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			echoes(t, l)
			l.Close()
			caller.check(t, "caller", 10_000)
		})
	}
}

// check fails the test unless some bytes went each way, over connections that are
// closed now.
func (w *slow) check(t *testing.T, who string, least int64) {
	t.Helper()
	if r, s := w.Count.Read.Load(), w.Count.Written.Load(); r < least || s < least {
		t.Errorf("%s: %d bytes read and %d written, want %d and more", who, r, s, least)
	}
	if n := w.open.Load(); n != 0 || w.Count.Dials.Load() == 0 {
		t.Errorf("%s: %d connections of %d are still open", who, n, w.Count.Dials.Load())
	}
}
