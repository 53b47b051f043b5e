package machine_test

import (
	"crypto/rand"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

func newAsync() levels.Level { return async.New(async.Config{Funcs: leveltest.Funcs()}) }

func TestConformanceRPC(t *testing.T) {
	leveltest.Suite{Open: func(tb testing.TB) levels.Level { return openRPC(tb, newAsync) }}.Run(t)
}

func TestConformanceRPCInline(t *testing.T) {
	serial := func() levels.Level { return &levels.Serial{Funcs: leveltest.Funcs()} }
	leveltest.Suite{Inline: true, Open: func(tb testing.TB) levels.Level { return openRPC(tb, serial) }}.Run(t)
}

// openRPC opens the level over two workers that are in this process.
func openRPC(tb testing.TB, far func() levels.Level) levels.Level {
	var urls []string
	for range 2 {
		l := far()
		server := httptest.NewServer(&machine.Handler{Level: l, Token: "secret"})
		tb.Cleanup(func() { server.Close(); l.Close() })
		urls = append(urls, server.URL)
	}
	return machine.NewRPC(machine.RPCConfig{URLs: urls, Token: "secret"})
}

func TestConformanceQueue(t *testing.T) {
	for _, s := range storetest.Stores {
		t.Run(s.Name, func(t *testing.T) {
			leveltest.Suite{Open: func(tb testing.TB) levels.Level {
				c := machine.QueueConfig{Redis: s.URL, Name: rand.Text()}
				serveQueue(tb, c, 2)
				l, err := machine.NewQueue(tb.Context(), c)
				if err != nil {
					tb.Fatal(err)
				}
				return l
			}}.Run(t)
		})
	}
}

// serveQueue serves a queue with workers that are in this process, and returns
// when they are ready.
func serveQueue(tb testing.TB, c machine.QueueConfig, workers int) {
	tb.Helper()
	var ready, served sync.WaitGroup
	for range workers {
		ready.Add(1)
		served.Go(func() {
			l := newAsync()
			defer l.Close()
			once := sync.OnceFunc(ready.Done)
			defer once() // or a worker that fails would not be noticed
			if err := machine.ServeQueue(tb.Context(), c, l, time.Second, once); err != nil {
				tb.Error(err)
			}
		})
	}
	ready.Wait()
	tb.Cleanup(served.Wait)
}
