package gil_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread/gil"
)

// A goroutine that a Func has started does not have the lock, so it cannot hand it
// over, though it has the ctx.
func TestStrangersDoNotHandOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := false // of a holder in its Func
		l := open(t, gil.Config{Threads: 2, Funcs: levels.Funcs{
			"holder": func(ctx context.Context, _ []byte) ([]byte, error) {
				free = false
				stranger := make(chan struct{})
				go func() {
					defer close(stranger)
					for range 100 { // for 20 intervals
						time.Sleep(time.Millisecond)
						ctx.Err()
						gil.Release(ctx, func() { time.Sleep(time.Millisecond) })
					}
				}()
				<-stranger
				free = true
				return nil, nil
			},
			"other": func(context.Context, []byte) ([]byte, error) {
				if !free {
					t.Error("another has the lock, and its holder did not ask")
				}
				return nil, nil
			},
		}})
		defer l.Close()
		run(t, l, append(calls("holder", 1), calls("other", 1)...))
	})
}
