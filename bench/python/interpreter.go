package python

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

const (
	limit = 64 << 20        // bytes of an input, or of an output
	grace = 2 * time.Second // to leave in
)

// An interpreter is a running python3 with the batches that it has in hand.
type interpreter struct {
	kind, version string
	p             *child.Process
	gone          chan struct{} // closed when it has left, its pool too, and all its batches are over

	sending sync.Mutex // one batch at a time is written to w
	w       *bufio.Writer

	mu      sync.Mutex // guards the rest, and the batches
	leaving bool
	last    uint32 // the number of the latest batch
	batches map[uint32]*batch
}

// A batch is a Run under way.
type batch struct {
	number   uint32
	results  []levels.Result
	answered []bool
	left     int
	done     chan struct{} // closed when each task has a result
}

// start starts an interpreter and waits until it says that it is ready.
func start(ctx context.Context, c Config) (*interpreter, error) {
	cmd, err := c.command()
	if err != nil {
		return nil, err
	}
	p, err := child.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("%w: start %s: %w", ErrMissing, c.Program, err)
	}
	late := time.AfterFunc(c.Start, p.Kill)
	stop := context.AfterFunc(ctx, p.Kill)
	r := bufio.NewReaderSize(p.Stdout, 64<<10)
	hello, _ := r.ReadString('\n')
	inTime, wanted := late.Stop(), stop()
	version, isReady := strings.CutPrefix(hello, "ready ")
	if inTime && wanted && isReady {
		in := &interpreter{
			kind: c.Kind, version: strings.TrimSpace(version), p: p, gone: make(chan struct{}),
			w: bufio.NewWriterSize(p.Stdin, 64<<10), batches: map[uint32]*batch{},
		}
		go in.live(r) // ends with the process; leave waits for it
		return in, nil
	}
	p.Stop(grace)
	switch {
	case !wanted:
		return nil, context.Cause(ctx)
	case !inTime:
		return nil, fmt.Errorf("%w: %s is not ready after %v", ErrMissing, c.Program, c.Start)
	}
	return nil, fmt.Errorf("%w: start %s: %w", ErrMissing, c.Program, p.Obituary())
}

// enter makes room for the results of n tasks. It returns nil if the interpreter
// takes no more.
func (in *interpreter) enter(n int) *batch {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.leaving {
		return nil
	}
	in.last++
	b := &batch{in.last, make([]levels.Result, n), make([]bool, n), n, make(chan struct{})}
	if n == 0 {
		close(b.done)
	} else {
		in.batches[b.number] = b
	}
	return b
}

func (in *interpreter) run(ctx context.Context, b *batch, tasks []levels.Task) []levels.Result {
	stop := context.AfterFunc(ctx, in.kill)
	in.send(b, tasks)
	<-b.done
	if !stop() {
		<-in.gone // or the next Run would come upon it
		for i := range b.results {
			if !b.answered[i] {
				b.results[i].Err = context.Cause(ctx)
			}
		}
	}
	return b.results
}

// send writes the tasks. An error needs no notice: the interpreter is dead then,
// and what it had in hand is lost.
func (in *interpreter) send(b *batch, tasks []levels.Task) {
	in.sending.Lock()
	defer in.sending.Unlock()
	for i, t := range tasks {
		if len(t.Input) > limit || len(t.Func) > 1<<10 {
			err := fmt.Errorf("function %.80q, input of %d bytes: Python takes names of 1 KiB and inputs of 64 MiB at most", t.Func, len(t.Input))
			in.answer(b.number, i, levels.Result{Err: err})
			continue
		}
		var head [14]byte
		binary.BigEndian.PutUint32(head[0:], b.number)
		binary.BigEndian.PutUint32(head[4:], uint32(i))
		binary.BigEndian.PutUint16(head[8:], uint16(len(t.Func)))
		binary.BigEndian.PutUint32(head[10:], uint32(len(t.Input)))
		in.w.Write(head[:])
		in.w.WriteString(t.Func)
		if _, err := in.w.Write(t.Input); err != nil {
			return
		}
	}
	in.w.Flush()
}

// live receives results until the interpreter has left, and fails what it still
// had in hand. The pipe ends only when the processes of its pool, which hold it
// too, have left as well.
func (in *interpreter) live(r *bufio.Reader) {
	defer close(in.gone)
	var patience sync.WaitGroup
	patience.Go(func() {
		<-in.p.Done()
		in.p.Stdout.SetReadDeadline(time.Now().Add(grace))
	})
	err := in.receive(r)
	in.mu.Lock()
	in.leaving = true
	in.mu.Unlock()
	in.p.Stop(grace)
	patience.Wait()
	why := in.p.Obituary()
	if !errors.Is(err, io.EOF) {
		why = fmt.Errorf("%w (%w)", why, err)
	}
	in.lose(fmt.Errorf("%w: python/%s: %w", levels.ErrLost, in.kind, why))
}

// receive returns why there are no more results.
func (in *interpreter) receive(r *bufio.Reader) error {
	for {
		var head [13]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		size := binary.BigEndian.Uint32(head[9:])
		if size > limit {
			return fmt.Errorf("an output of %d bytes is over the limit of %d", size, limit)
		}
		data := make([]byte, size)
		if _, err := io.ReadFull(r, data); err != nil {
			return err
		}
		result := levels.Result{Output: data}
		if head[8] != 0 {
			result = levels.Result{Err: errors.New(string(data))}
		}
		if !in.answer(binary.BigEndian.Uint32(head[0:]), int(binary.BigEndian.Uint32(head[4:])), result) {
			return errors.New("a result that belongs to no task")
		}
	}
}

// answer files a result. It returns false if no task waits for it.
func (in *interpreter) answer(number uint32, place int, r levels.Result) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	b := in.batches[number]
	if b == nil || place >= len(b.results) || b.answered[place] {
		return false
	}
	b.results[place], b.answered[place] = r, true
	if b.left--; b.left == 0 {
		delete(in.batches, number)
		close(b.done)
	}
	return true
}

// lose fails all tasks that have no result.
func (in *interpreter) lose(err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for number, b := range in.batches {
		for i := range b.results {
			if !b.answered[i] {
				b.results[i].Err = err
			}
		}
		delete(in.batches, number)
		close(b.done)
	}
}

func (in *interpreter) leaves() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.leaving
}

// kill ends the interpreter at once: a task in Python cannot be told to stop.
func (in *interpreter) kill() {
	in.mu.Lock()
	in.leaving = true
	in.mu.Unlock()
	in.p.Kill()
}

// leave asks the interpreter to leave, and waits until it has. It has no tasks.
func (in *interpreter) leave() {
	late := time.AfterFunc(grace, in.p.Kill)
	defer late.Stop()
	in.p.Stdin.Close()
	<-in.gone
}
