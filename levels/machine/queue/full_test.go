package queue_test

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// A stuck connection sends nothing while it is held.
type stuck struct {
	net.Conn
	held *atomic.Pointer[chan struct{}]
}

func (s stuck) Write(b []byte) (int, error) {
	if held := s.held.Load(); held != nil {
		<-*held
	}
	return s.Conn.Write(b)
}

// While Redis does not even turn jobs away, no more of them wait to be sent than may wait
// in the queue. The others are told at once that it is full.
func TestNoMoreWaitToBeSent(t *testing.T) {
	const most, all = 3, 100
	const taken = 2 * most // by the two senders
	var held atomic.Pointer[chan struct{}]
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return stuck{c, &held}, err
	}
	s := storetest.Stores[0]
	q, err := queue.Open(t.Context(), s.URL, queue.Config{Name: rand.Text(), MaxLength: most, Dial: dial})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	task := queue.NewTask[int, int]("nothing")
	gate := make(chan struct{})
	held.Store(&gate)
	var full atomic.Int32
	var calls sync.WaitGroup
	for i := range all {
		calls.Go(func() {
			if _, err := task.Enqueue(t.Context(), q, i); errors.Is(err, queue.ErrFull) {
				full.Add(1)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	for begun := time.Now(); full.Load() < all-taken-most && time.Since(begun) < 3*time.Second; {
		time.Sleep(time.Millisecond)
	}
	if n := full.Load(); n < all-taken-most {
		t.Errorf("%d of %d jobs were turned away by a program that can send none, want %d", n, all, all-taken-most)
	}
	held.Store(nil)
	close(gate)
	calls.Wait()
	if info, err := q.Info(t.Context()); err != nil || info.Ready != most {
		t.Errorf("%d jobs wait, want %d; %v", info.Ready, most, err)
	}
}
