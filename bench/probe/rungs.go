package probe

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"
)

// message is how many bytes go there and back.
const message = 64

// Echo copies messages from r to w, each as it comes in, until r ends. It is
// what the command in [Config] does with its stdin and stdout.
func Echo(r io.Reader, w io.Writer) error {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if _, failed := w.Write(buf[:n]); failed != nil {
			return fmt.Errorf("echo %d bytes: %w", n, failed)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("echo: %w", err)
		}
	}
}

// trip answers an operation that sends a message to w and waits until it is
// back from r.
func trip(r io.Reader, w io.Writer) func() error {
	buf := make([]byte, message)
	return func() error {
		if _, err := w.Write(buf); err != nil {
			return err
		}
		_, err := io.ReadFull(r, buf)
		return err
	}
}

func systemCalls(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
	return sample(ctx, b, batch, func() error { systemCall(); return nil })
}

// channelTrips leaves both ends to the Go scheduler, which mostly runs them in
// turn on one thread: no thread has to wake up.
func channelTrips(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
	there, back := make(chan struct{}), make(chan struct{})
	var far sync.WaitGroup
	far.Go(func() { bounce(there, back) })
	defer far.Wait()
	defer close(there)
	return sample(ctx, b, batch, func() error { there <- struct{}{}; <-back; return nil })
}

// threadTrips is the same but for the locks: here every hand-over puts one
// thread to sleep and wakes another.
func threadTrips(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
	there, back := make(chan struct{}), make(chan struct{})
	var far sync.WaitGroup
	far.Go(func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		bounce(there, back)
	})
	defer far.Wait()
	defer close(there)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return sample(ctx, b, batch, func() error { there <- struct{}{}; <-back; return nil })
}

// bounce is Echo for channels.
func bounce(in <-chan struct{}, out chan<- struct{}) {
	for v := range in {
		out <- v
	}
}

func pipeTrips(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
	farIn, nearOut, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer farIn.Close()
	nearIn, farOut, err := os.Pipe()
	if err != nil {
		nearOut.Close()
		return nil, err
	}
	defer nearIn.Close()
	defer farOut.Close()

	var far sync.WaitGroup
	far.Go(func() { Echo(farIn, farOut) }) // if it fails, so does the trip
	defer far.Wait()
	defer nearOut.Close()
	return sample(ctx, b, batch, trip(nearIn, nearOut))
}

// processTrips keeps one process for all trips. It is killed when ctx ends.
func processTrips(command []string) func(context.Context, bounds, int) ([]time.Duration, error) {
	return func(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
		cmd := exec.CommandContext(ctx, command[0], command[1:]...)
		w, err1 := cmd.StdinPipe()
		r, err2 := cmd.StdoutPipe()
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("pipes to %s: %w, %w", command[0], err1, err2)
		}
		if err := cmd.Start(); err != nil {
			return nil, fmt.Errorf("start %s: %w", command[0], err)
		}
		unblock := context.AfterFunc(ctx, func() { r.Close() }) // should the child's own children keep it open
		defer unblock()

		taken, err := sample(ctx, b, batch, trip(r, w))
		w.Close()
		ended := cmd.Wait()
		switch {
		case ctx.Err() != nil:
			err = fmt.Errorf("echo by %s: %w", command[0], context.Cause(ctx))
		case err != nil:
			err = fmt.Errorf("echo by %s: %w (it ended with: %v)", command[0], err, ended)
		}
		return taken, err
	}
}

func tcpTrips(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	var far sync.WaitGroup
	far.Go(func() {
		if conn, err := l.Accept(); err == nil {
			defer conn.Close()
			Echo(conn, conn) // if it fails, so does the trip
		}
	})
	defer far.Wait()
	defer l.Close()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return sample(ctx, b, batch, trip(conn, conn))
}

func pings(ping func(context.Context) error) func(context.Context, bounds, int) ([]time.Duration, error) {
	return func(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
		return sample(ctx, b, batch, func() error { return ping(ctx) })
	}
}

func spawns(command []string) func(context.Context, bounds, int) ([]time.Duration, error) {
	return func(ctx context.Context, b bounds, batch int) ([]time.Duration, error) {
		return sample(ctx, b, batch, func() error {
			cmd := exec.CommandContext(ctx, command[0], command[1:]...)
			cmd.WaitDelay = time.Second
			if err := cmd.Run(); err != nil {
				return fmt.Errorf("run %s: %w", command[0], err)
			}
			return nil
		})
	}
}
