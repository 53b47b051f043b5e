//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/machine"
	"github.com/fourlevels/fourlevels/levels/machine/store"
)

// A queueWorker is levels worker queue in the middle of a task.
type queueWorker struct {
	*testing.T
	cmd     *exec.Cmd
	stdout  *bufio.Reader
	stderr  bytes.Buffer
	release func()                 // lets the task end
	results <-chan []levels.Result // of the task
	forget  context.CancelFunc     // ends the wait for them
}

func startQueueWorker(t *testing.T) *queueWorker {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	redis, err := store.Open(ctx, store.Config{Embedded: []string{"levels", "worker", "store"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { redis.Close() })

	w := &queueWorker{T: t, cmd: exec.CommandContext(ctx, "levels", "worker", "queue", "--queue", "mine")}
	w.cmd.Env = append(os.Environ(), "REDIS_URL="+redis.URL)
	w.cmd.Stderr = &w.stderr
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	w.stdout = bufio.NewReader(stdout)
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); w.cmd.Wait() })
	if line, err := w.stdout.ReadString('\n'); line != "ready mine\n" {
		t.Fatalf("the worker says %q, %v", line, err)
	}

	arrived, hold := make(chan bool, 1), make(chan bool)
	origin := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		arrived <- true
		select {
		case <-hold:
		case <-r.Context().Done():
		}
		io.WriteString(rw, "page")
	}))
	t.Cleanup(origin.Close)
	w.release = func() { close(hold) }
	w.ask(ctx, redis.URL, origin.URL)
	select {
	case <-arrived:
	case <-ctx.Done():
		t.Fatal("the worker does not begin")
	}
	return w
}

// ask leaves the task in the queue.
func (w *queueWorker) ask(ctx context.Context, redis, origin string) {
	l, err := machine.NewQueue(ctx, machine.QueueConfig{Redis: redis, Name: "mine"})
	if err != nil {
		w.Fatal(err)
	}
	ctx, w.forget = context.WithCancel(ctx)
	results := make(chan []levels.Result, 1)
	go func() { results <- l.Run(ctx, []levels.Task{{Func: "io", Input: []byte(origin)}}) }() // the test receives
	w.results = results
	w.Cleanup(func() { w.forget(); l.Close() })
}

// One SIGTERM lets a task end, and nothing is said.
func TestQueueWorkerStopsGracefully(t *testing.T) {
	w := startQueueWorker(t)
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.release()
	if r := (<-w.results)[0]; r.Err != nil || string(r.Output) != "page" {
		t.Errorf("the task that ran: %q, %v", r.Output, r.Err)
	}
	rest, _ := io.ReadAll(w.stdout)
	if err := w.cmd.Wait(); err != nil || len(rest) > 0 || w.stderr.Len() > 0 {
		t.Errorf("%v, says %q and %q, want nothing", err, rest, &w.stderr)
	}
}

// Another one does not wait for the task.
func TestQueueWorkerEndsAtTheSecondSignal(t *testing.T) {
	w := startQueueWorker(t)
	ended := make(chan bool)
	go func() { defer close(ended); io.ReadAll(w.stdout) }() // received below
	for again := true; again; {
		w.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
			again = false
		case <-time.After(10 * time.Millisecond): // the second must not come before the first is heard
		}
	}
	w.cmd.Wait()
	status := w.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() || status.Signal() != syscall.SIGTERM || w.stderr.Len() > 0 {
		t.Errorf("%v, says %q, want death by SIGTERM", w.cmd.ProcessState, &w.stderr)
	}
	w.forget()
	if r := (<-w.results)[0]; r.Err == nil {
		t.Errorf("a task whose worker died has the result %q", r.Output)
	}
}
