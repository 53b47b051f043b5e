package machine_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// A queue that is full says so as any level does, and at once. What waits still runs.
func TestQueueIsFull(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) {
			c := machine.QueueConfig{Redis: s.URL, Name: rand.Text(), MaxLength: 3}
			l, err := machine.NewQueue(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			task := []levels.Task{{Func: "echo", Input: []byte("a")}}
			var waiting sync.WaitGroup
			for range c.MaxLength {
				waiting.Go(func() {
					if err := l.Run(t.Context(), task)[0].Err; err != nil {
						t.Error(err)
					}
				})
			}
			untilReady(t, c)
			if err := l.Run(t.Context(), task)[0].Err; !errors.Is(err, levels.ErrFull) || errors.Is(err, levels.ErrLost) {
				t.Errorf("one more: %v, want %v", err, levels.ErrFull)
			}
			ctx, leave := context.WithCancel(t.Context())
			var served sync.WaitGroup
			served.Go(func() {
				far := newAsync()
				defer far.Close()
				if err := machine.ServeQueue(ctx, c, far, time.Second, nil); err != nil {
					t.Error(err)
				}
			})
			waiting.Wait()
			leave()
			served.Wait()
		})
	}
}

// untilReady waits until as many jobs wait as may.
func untilReady(t *testing.T, c machine.QueueConfig) {
	t.Helper()
	q, err := queue.Open(t.Context(), c.Redis, queue.Config{Name: c.Name})
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(time.Millisecond) {
		info, err := q.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.Ready == c.MaxLength {
			return
		}
	}
	t.Fatal("the queue does not fill")
}
