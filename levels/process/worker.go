package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels/internal/crew"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// A worker owns one child at a time. It starts the child when there is work and
// none is running, so that a child that died is replaced.
type worker struct {
	*pool
	conn *conn
	out  *wire.Writer // to the child
	in   *wire.Reader // from the child
	like int          // least of the last shift

	greeted bool // the child has said hello
}

// Ready implements crew.Member.
func (w *worker) Ready() bool { return w.conn != nil && !w.conn.Ended() }

// hire sees to it that there is a child.
func (w *worker) hire(b *crew.Batch) error {
	if w.Ready() {
		return nil
	}
	if w.conn != nil {
		w.bury() // it died with nothing to do, so nothing is lost
	}
	if err := w.boots.allow(); err != nil {
		return err
	}
	w.starting.Add(1)
	err := w.start(b)
	w.starting.Add(-1) // not before it lives: in between nobody would count it
	if b.Ctx.Err() == nil {
		w.boots.note(err)
	}
	return err
}

// start starts a child and waits for its hello. It gives up when ctx ends, but not if
// the batch is done without it: what has begun is for the next.
func (w *worker) start(b *crew.Batch) error {
	start := transports[w.Transport]
	if start == nil {
		return fmt.Errorf("start worker: no transport is called %.20q: take one of %s", w.Transport, strings.Join(Transports, ", "))
	}
	c, err := start(w.command())
	if err != nil {
		return fmt.Errorf("start worker: %w", err)
	}
	w.conn, w.out, w.in = c, wire.NewWriter(c.w), wire.NewReader(c.r)
	given := make(chan bool, 1) // up
	keep := context.AfterFunc(b.Ctx, func() { given <- giveUp(b, c) })
	late := time.AfterFunc(w.Start, c.Kill)
	hello, err := w.in.Line()
	inTime := late.Stop()
	if !keep() && <-given {
		w.bury()
		return context.Cause(b.Ctx)
	}
	if !inTime {
		w.bury()
		return fmt.Errorf("start worker: no hello from %q within %v", w.command().Path, w.Config.Start)
	}
	if err == nil || errors.Is(err, bufio.ErrBufferFull) { // a line without end is no hello either
		if err = checkHello(hello); err != nil {
			w.bury()
			return fmt.Errorf("start worker: %w", err)
		}
		w.living.Add(1)
		w.greeted = true
		return nil
	}
	return fmt.Errorf("start worker: it left without a hello: %w", w.bury())
}

func giveUp(b *crew.Batch, c *conn) bool {
	select {
	case <-b.Done():
		return false
	default:
		c.Kill()
		return true
	}
}

// bury ends the child, if it has not died already, and tells how it ended.
func (w *worker) bury() error {
	_, err := w.end()
	return err
}

// end is bury, and reports whether the child still lived.
func (w *worker) end() (lived bool, err error) {
	if w.Died != nil {
		w.Died()
	}
	c := w.dismiss()
	select {
	case <-c.Done():
	case <-time.After(100 * time.Millisecond): // it broke the channel but lives on
		lived = c.End()
	}
	obituary := c.Obituary()
	c.Stdin.Close() // not before: a child that lives would leave as if it had done nothing
	c.Stdout.Close()
	return lived, errors.Join(obituary, c.close())
}

// Close ends the child, if any, and waits for it.
func (w *worker) Close() error {
	if w.conn == nil {
		return nil
	}
	c := w.dismiss()
	err := c.Stop(w.Grace)
	if err != nil {
		err = c.Obituary()
	}
	if err = errors.Join(err, c.close()); err != nil {
		return fmt.Errorf("stop worker: %w", err)
	}
	return nil
}

// dismiss takes the worker its child.
func (w *worker) dismiss() *conn {
	c := w.conn
	if w.greeted {
		w.living.Add(-1)
	}
	w.conn, w.out, w.in, w.greeted = nil, nil, nil, false
	return c
}

// Work implements crew.Member.
func (w *worker) Work(b *crew.Batch) {
	s := &shift{worker: w, batch: b}
	s.begin()
	defer s.end()
	for s.fill(); len(s.sent) > 0; s.fill() {
		s.answer()
		if s.Transport == "spawn" && len(s.sent) == 0 {
			w.Close() // how it leaves does not matter: its result is there
		}
	}
	if s.Transport == "spawn" {
		w.Close() // the others were faster
	}
}

// A worker greets with a line of text, so that somebody who starts one by hand
// sees what it is, and so that any other program is told from a worker.
const greeting = "fourlevels worker, protocol "

func checkHello(line string) error {
	version, ok := strings.CutPrefix(line, greeting)
	if !ok {
		return fmt.Errorf("this is no worker: it says %.80q", line)
	}
	if want := fmt.Sprint(wire.Version); version != want {
		return fmt.Errorf("the worker speaks protocol %.20q, this program %s: build both from the same version", version, want)
	}
	return nil
}

// boots keeps a pool whose workers do not start from trying without end: after
// three failures in a row, it fails for a second without trying, and so after each other.
type boots struct {
	mu       sync.Mutex
	failures int
	last     error
	at       time.Time
}

func (b *boots) allow() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures >= 3 && time.Since(b.at) < time.Second {
		return b.last
	}
	return nil
}

func (b *boots) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures = 0
	} else {
		b.failures, b.last, b.at = b.failures+1, err, time.Now()
	}
}
