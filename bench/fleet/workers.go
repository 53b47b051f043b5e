package fleet

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A worker is a machine of the fleet: a process that is started again when it
// dies, at the same address.
type worker struct {
	command  func() *exec.Cmd
	listener *os.File // handed to each process in turn; nil if it does not listen

	deaths atomic.Int64
	quit   chan struct{}
	alive  sync.WaitGroup // the goroutine in live
}

// listen starts a worker that serves at an address of its own, and returns its
// URL. The listening socket belongs to this process and is handed down: callers
// that connect while a dead worker is being replaced wait instead of failing.
func (f *Fleet) listen(ctx context.Context, c Config, args ...string) (url string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close() // the duplicate stays
	w := &worker{}
	url = "http://" + l.Addr().String()
	if args, err = w.handDown(l.(*net.TCPListener), args); err != nil {
		return "", err
	}
	return url, f.keep(ctx, w, c, args)
}

// start starts a worker that does not listen.
func (f *Fleet) start(ctx context.Context, c Config, args ...string) error {
	return f.keep(ctx, &worker{}, c, args)
}

// keep starts a worker, waits until it is ready, and replaces it when it dies.
func (f *Fleet) keep(ctx context.Context, w *worker, c Config, args []string) error {
	w.quit = make(chan struct{})
	w.command = func() *exec.Cmd {
		cmd := exec.Command(c.Worker[0], append(append(c.Worker[1:len(c.Worker):len(c.Worker)], args...), "--leash")...)
		cmd.Env = c.Env
		if w.listener != nil {
			cmd.ExtraFiles = []*os.File{w.listener}
		}
		return cmd
	}
	f.opened = append(f.opened, w.stop)
	p, err := w.start(ctx)
	if err != nil {
		return err
	}
	f.workers = append(f.workers, w)
	w.alive.Go(func() { w.live(p) })
	return nil
}

// start starts the process and waits until it says that it is ready.
func (w *worker) start(ctx context.Context) (*child.Process, error) {
	p, err := child.Start(w.command())
	if err != nil {
		return nil, fmt.Errorf("start worker: %w", err)
	}
	stop := context.AfterFunc(ctx, p.Kill)
	p.Stdout.SetReadDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if !stop() {
		err = context.Cause(ctx)
	}
	if err == nil && strings.HasPrefix(line, ready) {
		return p, nil
	}
	p.Stop(time.Second)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return nil, fmt.Errorf("start worker: not ready: it said %.80q: %w", line, p.Obituary())
}

// live replaces the process whenever it dies, until the fleet is closed. It is
// patient with one that dies again and again.
func (w *worker) live(p *child.Process) {
	pause := 5 * time.Millisecond
	for {
		born := time.Now()
		select {
		case <-w.quit:
			p.Stop(5 * time.Second)
			return
		case <-p.Done():
		}
		p.Stop(0)
		w.deaths.Add(1)
		if pause = min(2*pause, time.Second); time.Since(born) > 10*time.Second {
			pause = 10 * time.Millisecond
		}
		for {
			select {
			case <-w.quit:
				return
			case <-time.After(pause):
			}
			var err error
			if p, err = w.start(context.Background()); err == nil {
				break
			}
			pause = time.Second
		}
	}
}

// stop ends the process for good.
func (w *worker) stop() error {
	close(w.quit)
	w.alive.Wait()
	if w.listener != nil {
		return w.listener.Close()
	}
	return nil
}

// StartOrigin starts the server that the tasks fetch from, in a process of its
// own, and returns its URL, its process id, and how to end it. Corpus is the
// folder that it serves; "" means the default.
func StartOrigin(ctx context.Context, c Config, corpus string) (url string, pid int, stop func(), err error) {
	if c.Env == nil {
		c.Env = Env()
	}
	cmd := exec.Command(c.Worker[0], append(c.Worker[1:len(c.Worker):len(c.Worker)], "origin", "--listen", "127.0.0.1:0", "--corpus", corpus, "--leash")...)
	cmd.Env = c.Env
	p, err := child.Start(cmd)
	if err != nil {
		return "", 0, nil, fmt.Errorf("start origin: %w", err)
	}
	kill := context.AfterFunc(ctx, p.Kill)
	defer kill()
	p.Stdout.SetReadDeadline(time.Now().Add(30 * time.Second))
	line, err := bufio.NewReader(p.Stdout).ReadString('\n')
	if err != nil {
		return "", 0, nil, errors.Join(fmt.Errorf("start origin: %w", err), p.Stop(time.Second), p.Obituary())
	}
	url = strings.TrimSpace(strings.TrimPrefix(line, ready))
	return url, p.Pid(), func() { p.Stop(5 * time.Second) }, nil
}

// queueName is a name that no other fleet uses at the same Redis.
func queueName() string { return "fleet-" + rand.Text() }
