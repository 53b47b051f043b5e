package fullpipes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// filter is the other process: it answers each line at once, in capitals. It ends with
// its standard input.
func filter([]string) error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if _, err := os.Stdout.WriteString(strings.ToUpper(in.Text()) + "\n"); err != nil {
			return err
		}
	}
	return in.Err()
}

// quiet is how long no byte may move in either pipe before both are taken to be full.
const quiet = 500 * time.Millisecond

// A watched filter is killed when its pipes are quiet, and when ctx ends. Whoever hangs
// in one of them goes on with an error then.
type watched struct {
	p     *child.Process
	moved atomic.Int64 // reads and writes that have ended
	over  chan struct{}
	dog   chan bool // whether it was killed, once the watchdog has left
}

func watch(ctx context.Context) (*watched, error) {
	p, err := child.Start(pitfall.Helper(id, "filter"))
	if err != nil {
		return nil, err
	}
	w := &watched{p: p, over: make(chan struct{}), dog: make(chan bool, 1)}
	fmt.Fprintln(p.Stdin, "ready")
	if _, err := io.ReadFull(p.Stdout, make([]byte, len("READY\n"))); err != nil {
		p.Stop(0)
		return nil, p.Obituary()
	}
	go w.guard(ctx) // stop waits for it
	return w, nil
}

func (w *watched) guard(ctx context.Context) {
	for last := int64(-1); ctx.Err() == nil && last != w.moved.Load(); {
		last = w.moved.Load()
		select {
		case <-w.over:
			w.dog <- false
			return
		case <-time.After(quiet):
		case <-ctx.Done():
		}
	}
	w.p.Kill()
	w.dog <- true
}

// stop lets the filter go. That it was killed is no error.
func (w *watched) stop() error {
	close(w.over)
	killed := <-w.dog
	if err := w.p.Stop(5 * time.Second); !killed {
		return err
	}
	return nil
}

// A pipe counts what moves in it.
type pipe struct {
	io.ReadWriteCloser
	moved *atomic.Int64
}

func (p pipe) Read(b []byte) (int, error) {
	defer p.moved.Add(1)
	return p.ReadWriteCloser.Read(b)
}

func (p pipe) Write(b []byte) (int, error) {
	defer p.moved.Add(1)
	return p.ReadWriteCloser.Write(b)
}
