package fleet

import (
	"bufio"
	"context"
	"crypto/rand"
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
	ctx    context.Context // ends when the worker shall not be replaced any more
	quit   context.CancelFunc
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
	w.ctx, w.quit = context.WithCancel(context.WithoutCancel(ctx))
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

// start starts the worker's process.
func (w *worker) start(ctx context.Context) (*child.Process, error) {
	p, _, err := launch(ctx, w.command())
	return p, err
}

// launch starts a process of the fleet and waits until it says that it is
// ready, and where.
func launch(ctx context.Context, cmd *exec.Cmd) (p *child.Process, where string, err error) {
	if p, err = child.Start(cmd); err != nil {
		return nil, "", fmt.Errorf("start worker: %w", err)
	}
	late := time.AfterFunc(30*time.Second, p.Kill)
	stop := context.AfterFunc(ctx, p.Kill)
	line, _ := bufio.NewReader(p.Stdout).ReadString('\n')
	inTime, wanted := late.Stop(), stop()
	where, isReady := strings.CutPrefix(line, ready)
	if inTime && wanted && isReady {
		return p, strings.TrimSpace(where), nil
	}
	p.Stop(time.Second)
	if !wanted {
		return nil, "", context.Cause(ctx)
	}
	return nil, "", fmt.Errorf("start worker: not ready: it said %.80q: %w", line, p.Obituary())
}

// live replaces the process whenever it dies, until the fleet is closed. It is
// patient with one that dies again and again.
func (w *worker) live(p *child.Process) {
	pause := 5 * time.Millisecond
	for {
		born := time.Now()
		select {
		case <-w.ctx.Done():
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
			case <-w.ctx.Done():
				return
			case <-time.After(pause):
			}
			var err error
			if p, err = w.start(w.ctx); err == nil {
				break
			}
			pause = time.Second
		}
	}
}

// stop ends the process for good.
func (w *worker) stop() error {
	w.quit()
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
	p, url, err := launch(ctx, cmd)
	if err != nil {
		return "", 0, nil, err
	}
	return url, p.Pid(), func() { p.Stop(5 * time.Second) }, nil
}

// queueName is a name that no other fleet uses at the same Redis.
func queueName() string { return "fleet-" + rand.Text() }
