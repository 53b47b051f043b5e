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

// How long both pipes may be quiet, with nothing that begins or ends in them. It is counted in
// ticks, not taken from a clock: a machine that stands still for a while does not tick.
const (
	tick    = 20 * time.Millisecond
	full    = 25  // ticks while nobody reads answers: both pipes are taken to be full
	nothing = 100 // ticks while somebody does: there will be no answer
)

// A watched filter is killed when its pipes are quiet for too long, and when ctx ends.
// Whoever hangs in one of them goes on with an error then.
type watched struct {
	p       *child.Process
	moved   atomic.Int64 // reads and writes that have begun, and that have ended
	reading atomic.Int64 // reads that have begun and not ended
	over    chan struct{}
	dog     chan bool // whether it was killed, once the watchdog has left
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
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	var last int64
	for quiet, limit := 0, full; quiet < limit; {
		select {
		case <-w.over:
			w.dog <- false
			return
		case <-ctx.Done():
			limit = 0
		case <-ticks.C:
			quiet++
			if limit = full; w.reading.Load() > 0 { // asked first: a read that ends now has moved
				limit = nothing
			}
			if now := w.moved.Load(); now != last {
				quiet, last = 0, now
			}
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

// A pipe tells the watchdog what moves in it.
type pipe struct {
	io.ReadWriteCloser
	w *watched
}

func (p pipe) Read(b []byte) (int, error) {
	p.w.reading.Add(1)
	p.w.moved.Add(1)
	defer p.w.reading.Add(-1) // once it has moved
	defer p.w.moved.Add(1)
	return p.ReadWriteCloser.Read(b)
}

func (p pipe) Write(b []byte) (int, error) {
	p.w.moved.Add(1)
	defer p.w.moved.Add(1)
	return p.ReadWriteCloser.Write(b)
}
