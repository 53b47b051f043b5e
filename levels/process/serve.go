package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/internal/wire"
)

// Serve is the far end of the level: it runs the tasks it reads from r on l,
// and writes their results to w, until r ends. Since a worker takes any
// [levels.Level], levels nest: a process may run goroutines, or threads.
//
// The end of r cancels the tasks that are running. Serve returns nil if r ended
// between two batches or ctx ended, and waits for l to return from the last.
func Serve(ctx context.Context, r io.Reader, w io.Writer, l levels.Level) error {
	if _, err := fmt.Fprintf(w, "%s%d\n", greeting, wire.Version); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	running, cancel := context.WithCancelCause(ctx)
	batches := make(chan []levels.Task)
	var ended error
	go func() { // ends with r, which the caller closes or the parent's death
		defer close(batches)
		ended = read(running, wire.NewReader(r), batches)
		cancel(errors.Join(errors.New("the caller is gone"), ended))
	}()
	out := wire.NewWriter(w)
	for {
		select {
		case tasks, ok := <-batches:
			if !ok {
				return ended
			}
			if err := out.Results(run(running, l, tasks)); err != nil {
				cancel(err)
				return fmt.Errorf("write results: %w", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

// run runs a batch in a goroutine of its own: a Func that ends its goroutine
// may take the batch along, but not the worker.
func run(ctx context.Context, l levels.Level, tasks []levels.Task) []levels.Result {
	results := levels.Failed(len(tasks), fmt.Errorf("%w: a function ended the goroutine of its batch (runtime.Goexit)", levels.ErrLost))
	var wg sync.WaitGroup
	wg.Go(func() { results = l.Run(ctx, tasks) })
	wg.Wait()
	return results
}

// read passes batches on until r or ctx ends. It reads while tasks run, which
// is how the end of r can cancel them.
func read(ctx context.Context, r *wire.Reader, batches chan<- []levels.Task) error {
	for {
		tasks, err := r.Tasks()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read tasks: %w", err)
		}
		select {
		case batches <- tasks:
		case <-ctx.Done():
			return nil
		}
	}
}

// marker is set in the environment of a worker that was started without a
// command of its own.
const marker = "FOURLEVELS_PROCESS_WORKER"

// Main serves l and exits if this process was started as a worker by a level
// whose Config has no Command; otherwise it returns at once. Call it first in
// main, or in a test's TestMain, with the level that workers shall run.
func Main(l levels.Level) {
	if os.Getenv(marker) == "" {
		return
	}
	os.Unsetenv(marker) // or the worker's own children would be workers too
	if err := errors.Join(ServeStdio(context.Background(), l), l.Close()); err != nil {
		fmt.Fprintln(os.Stderr, "worker:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// ServeStdio is [Serve] on standard input and output, for a program that is a
// worker and nothing else: it ends the process, with exit code 1, if a second
// after standard input has ended a task still does not care that its ctx has
// ended too. No worker stays behind.
//
// Until it returns, what tasks print goes to stderr, for stdout carries frames.
func ServeStdio(ctx context.Context, l levels.Level) error {
	frames := os.Stdout
	os.Stdout = os.Stderr
	defer func() { os.Stdout = frames }()
	in := &leash{r: os.Stdin}
	defer in.letGo()
	return Serve(ctx, in, frames, l)
}

// A leash ends the process a second after its reader has ended.
type leash struct {
	r    io.Reader
	over atomic.Pointer[time.Timer] // set when r has ended
}

func (l *leash) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if err != nil {
		l.over.Store(time.AfterFunc(time.Second, func() { os.Exit(1) }))
	}
	return n, err
}

// letGo lets the process live on: what had to end has ended.
func (l *leash) letGo() {
	if timer := l.over.Load(); timer != nil {
		timer.Stop()
	}
}
