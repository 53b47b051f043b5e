package twokinds

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A world has pages behind real sockets, and readers who are processes.
type world struct {
	t        *testing.T
	listener net.Listener
	waiting  sync.WaitGroup // for connections that are served
	open     atomic.Int64   // of them
	fetches  atomic.Int64   // under way

	hang, kill string       // the page whose first fetch hangs, and the one whose first reader is killed
	hung, shot atomic.Bool  // it has happened
	hired      atomic.Int64 // and not yet at home
	bench      chan *reader // processes that are at home

	together   chan struct{} // if not nil, answers wait until it is closed: when all workers are asked
	closed     sync.Once
	busy, most atomic.Int64 // asked now, and at most
}

// A reader is a process at the other end of two pipes: the worker of pitfall A7.
type reader struct {
	world   *world
	process *child.Process
	answers *bufio.Reader
	gone    atomic.Bool // home
}

// newWorld starts one more process than may be hired at once: one may be killed.
func newWorld(t *testing.T) *world {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, listener: listener, bench: make(chan *reader, Workers+1)}
	w.waiting.Go(w.serve)
	t.Cleanup(func() {
		listener.Close()
		w.waiting.Wait()
	})
	for range Workers + 1 {
		p, err := child.Start(pitfall.Helper("A7", "reader"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Stop(5 * time.Second) })
		r := &reader{world: w, process: p, answers: bufio.NewReader(p.Stdout)}
		if _, err := r.answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		w.bench <- r
	}
	return w
}

// serve answers each connection's one line with a page, a moment later; and one never.
func (w *world) serve() {
	for {
		c, err := w.listener.Accept()
		if err != nil {
			return // it is closed
		}
		w.open.Add(1)
		w.waiting.Go(func() {
			defer w.open.Add(-1)
			defer c.Close()
			in := bufio.NewReader(c)
			name, _ := in.ReadString('\n')
			if strings.TrimSpace(name) == w.hang && w.hung.CompareAndSwap(false, true) {
				in.ReadString('\n') // until the other side has had enough
				return
			}
			time.Sleep(3 * time.Millisecond)
			fmt.Fprintf(c, "%s is here\n", strings.TrimSpace(name))
		})
	}
}

// Fetch implements [World].
func (w *world) Fetch(ctx context.Context, name string) (string, error) {
	w.fetches.Add(1)
	defer w.fetches.Add(-1)
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", w.listener.Addr().String())
	if err != nil {
		return "", err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	fmt.Fprintln(c, name)
	page, err := bufio.NewReader(c).ReadString('\n')
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return strings.TrimSpace(page), err
}

// Hire implements [World].
func (w *world) Hire() (Worker, error) {
	if w.hired.Add(1) > Workers {
		w.hired.Add(-1)
		return nil, fmt.Errorf("%d workers are hired already", Workers)
	}
	select {
	case r := <-w.bench:
		return &reader{world: w, process: r.process, answers: r.answers}, nil
	default:
		w.hired.Add(-1)
		return nil, errors.New("nobody is left to be hired")
	}
}

// Ask implements [Worker].
func (r *reader) Ask(page string) (string, error) {
	if r.gone.Load() {
		return "", errors.New("this worker has been sent home")
	}
	r.world.gather()
	defer r.world.busy.Add(-1)
	fmt.Fprintln(r.process.Stdin, page)
	name, _, _ := strings.Cut(page, " ")
	if name == r.world.kill && r.world.shot.CompareAndSwap(false, true) {
		r.process.Kill()
	}
	answer, err := r.answers.ReadString('\n')
	return strings.TrimSpace(answer), err
}

// gather keeps whoever is asked until all workers are, but not for ever.
func (w *world) gather() {
	busy := w.busy.Add(1)
	for most := w.most.Load(); busy > most && !w.most.CompareAndSwap(most, busy); {
		most = w.most.Load()
	}
	if w.together == nil {
		return
	}
	if busy < Workers {
		select {
		case <-w.together:
		case <-time.After(longer / 2):
		}
	}
	w.closed.Do(func() { close(w.together) })
}

// Home implements [Worker].
func (r *reader) Home() {
	if r.gone.Swap(true) {
		return
	}
	r.world.hired.Add(-1)
	if !r.process.Ended() {
		r.world.bench <- r
	}
}
