package queue_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
)

// A try counts that fails, and not one whose worker had to stop it, whatever error it ends
// with: its worker cannot tell what it would have come to. So a job may run more often than it
// has tries, once more for each worker that left it.
func TestWhatCountsAsATry(t *testing.T) {
	each(t, func(r *rig) {
		q := r.open(queue.Config{})
		broken := errors.New("broken")
		var tries []int
		var leaving atomic.Bool
		serve := func() (started chan struct{}, stop func()) {
			w := r.worker(q, queue.WorkerConfig{Grace: time.Millisecond})
			started = make(chan struct{}, 9)
			queue.Handle(w, fragile, func(ctx context.Context, s string) (string, error) {
				tries = append(tries, queue.AttemptOf(ctx).Try)
				started <- struct{}{}
				if leaving.Load() {
					<-ctx.Done()
				}
				return "", broken
			})
			return started, r.work(w)
		}
		leaving.Store(true)
		started, stop := serve()
		call := in(func() (string, error) { return fragile.Call(r.Context(), q, "job") })
		for range 2 { // workers leave
			get(r, "a try", started)
			stop()
			started, stop = serve()
		}
		get(r, "another try", started)
		leaving.Store(false)
		stop()
		_, stop = serve()
		if got := get(r, "the call", call); !errors.Is(got.err, queue.ErrDead) {
			r.Errorf("%v, want %v", got.err, queue.ErrDead)
		}
		stop()
		if want := []int{1, 1, 1, 1, 2}; !slices.Equal(tries, want) {
			r.Errorf("tries %v, want %v", tries, want)
		}
	})
}

// fragile has two tries, close to each other.
var fragile = queue.NewTask[string, string]("fragile", queue.MaxTries(2), queue.Backoff(time.Millisecond, time.Millisecond))
