package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
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
	return serve(ctx, r, w, l, nil)
}

func serve(ctx context.Context, r io.Reader, w io.Writer, l levels.Level, watch *watch) error {
	if _, err := fmt.Fprintf(w, "%s%d\n", greeting, wire.Version); err != nil {
		return fmt.Errorf("say hello: %w", err)
	}
	running, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &server{ctx: running, cancel: cancel, in: wire.NewReader(r), ahead: make(chan struct{}, 1), level: l, out: wire.NewWriter(w), watch: watch}
	if watch != nil {
		watch.server = s
		var watching sync.WaitGroup
		watching.Go(func() { watch.run(running) })
		defer watching.Wait()
		defer cancel(nil)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.serve() }() // ends with r, which the caller closes or the parent's death
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		s.running.Lock() // no slice runs, and none will
		defer s.running.Unlock()
		return nil
	}
}

// marker is set in the environment of a worker that was started without a
// command of its own; the others tell any worker what its Config says.
const (
	marker        = "FOURLEVELS_PROCESS_WORKER"
	transportMark = "FOURLEVELS_PROCESS_TRANSPORT"
	timeoutMark   = "FOURLEVELS_PROCESS_TIMEOUT"
)

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

// ServeStdio is [Serve] for a program that is a worker and nothing else: on standard
// input and output, or on the transport that its level has chosen. It ends the
// process, with exit code 1, if half a second after standard input has ended a task
// still does not care that its ctx has ended too. No worker stays behind.
//
// Until it returns, what tasks print goes to stderr, for stdout carries frames.
func ServeStdio(ctx context.Context, l levels.Level) error {
	frames := os.Stdout
	os.Stdout = os.Stderr
	defer func() { os.Stdout = frames }()
	name, limit := os.Getenv(transportMark), os.Getenv(timeoutMark)
	os.Unsetenv(transportMark) // they are not the worker's children's
	os.Unsetenv(timeoutMark)
	var watch *watch
	if limit != "" {
		d, err := time.ParseDuration(limit)
		if err != nil {
			return fmt.Errorf("%s=%.20q is no duration", timeoutMark, limit)
		}
		watch = newWatch(d)
	}
	in := &leash{r: os.Stdin}
	defer in.letGo()
	if name == "" || name == "spawn" {
		return serve(ctx, in, frames, l, watch)
	}
	channel, err := inherited(name)
	if err != nil {
		return err
	}
	go func() { // ends with standard input, at the latest with the process
		io.Copy(io.Discard, in)
		channel.finish()
	}()
	return errors.Join(serve(ctx, channel, channel, l, watch), channel.close())
}
