//go:build linux || darwin

package loop_test

import (
	"bytes"
	"net"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/async/loop"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// BenchmarkFetch fetches a short text from a server that does next to nothing, with
// the loop and with net/http in goroutines. An operation is one fetch.
func BenchmarkFetch(b *testing.B) {
	const inFlight = 64
	url := bareServer(b)
	for _, level := range []struct {
		name string
		open func() levels.Level
	}{
		{"loop", func() levels.Level {
			return open(b, loop.Config{Async: map[string]loop.Func{"io": loop.Get(nil)}, InFlight: inFlight})
		}},
		{"net-http", func() levels.Level {
			return async.New(async.Config{Funcs: workload.Funcs(), InFlight: inFlight})
		}},
	} {
		b.Run(level.name, func(b *testing.B) {
			l := level.open()
			defer l.Close()
			run := func(n int) {
				tasks := make([]levels.Task, n)
				for i := range tasks {
					tasks[i] = levels.Task{Func: "io", Input: []byte(url)}
				}
				for _, r := range l.Run(b.Context(), tasks) {
					if r.Err != nil || len(r.Output) != 16 {
						b.Fatalf("%q, %v", r.Output, r.Err)
					}
				}
			}
			run(inFlight) // opens the connections
			b.ReportAllocs()
			b.ResetTimer()
			run(b.N)
		})
	}
}

// bareServer answers all that it gets in one piece with the same text.
func bareServer(b *testing.B) (url string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(answer("0123456789abcdef"))
	var serving sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	serving.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			serving.Go(func() {
				p := make([]byte, 4096)
				for n, err := c.Read(p); err == nil && bytes.HasSuffix(p[:n], []byte("\r\n\r\n")); n, err = c.Read(p) {
					if _, err := c.Write(text); err != nil {
						return
					}
				}
			})
		}
	})
	b.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, c := range conns {
			c.Close()
		}
		mu.Unlock()
		serving.Wait()
	})
	return "http://" + listener.Addr().String() + "/wait?i=7"
}
