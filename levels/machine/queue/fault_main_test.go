package queue_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/machine/queue"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A chore is the job of the tests of faults. Its number is its own.
type chore struct {
	N  int
	Do string // what its handler does: see diary.handle
}

// chores do not wait long before another try.
var chores = queue.NewTask[chore, int]("chore", queue.Backoff(time.Millisecond, 10*time.Millisecond))

// answerTo is what the try of a chore returns, so that it is known whose result counts.
func answerTo(n, try int) int { return 100*n + try }

// A diary is what handlers write down, of one worker or of several.
type diary struct {
	mu      sync.Mutex
	entries []entry
	release chan struct{} // lets those go on that do not care for their ctx
}

// An entry says that a try began, ended, or was told to stop.
type entry struct {
	What   string // "begin", "end" or "gone"
	N, Try int
	Cause  string // why the ctx ended
}

func newDiary() *diary { return &diary{release: make(chan struct{})} }

func (d *diary) write(e entry) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.entries = append(d.entries, e)
}

// count counts the entries of a kind.
func (d *diary) count(what string) (n int) {
	for _, e := range d.read(what) {
		n += len(e)
	}
	return n
}

// read returns the entries of a kind, by the number of the chore.
func (d *diary) read(what string) map[int][]entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := map[int][]entry{}
	for _, e := range d.entries {
		if e.What == what {
			found[e.N] = append(found[e.N], e)
		}
	}
	return found
}

// handler does chores and has it written down.
func (d *diary) handler(write func(entry)) func(context.Context, chore) (int, error) {
	return func(ctx context.Context, c chore) (int, error) {
		try := queue.AttemptOf(ctx).Try
		write(entry{What: "begin", N: c.N, Try: try})
		switch first := try == 1; {
		case c.Do == "fail" && first:
			return 0, errors.New("the first try fails")
		case c.Do == "hang", c.Do == "hang first" && first:
			<-ctx.Done()
			write(entry{What: "gone", N: c.N, Try: try, Cause: context.Cause(ctx).Error()})
			return 0, context.Cause(ctx)
		case c.Do == "ignore" && first: // its ctx
			<-d.release
		}
		write(entry{What: "end", N: c.N, Try: try})
		return answerTo(c.N, try), nil
	}
}

// labour starts a worker of this process that writes a diary.
func (r *rig) labour(q *queue.Queue, c queue.WorkerConfig) (d *diary, stop func()) {
	d = newDiary()
	w := r.worker(q, c)
	queue.Handle(w, chores, d.handler(d.write))
	return d, r.work(w)
}

// How another process plays a worker.
const workerRole = "QUEUE_TEST_WORKER"

type part struct {
	URL, Name   string
	Lease       time.Duration
	Concurrency int
}

func init() {
	if text := os.Getenv(workerRole); text != "" {
		if err := playWorker(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// playWorker works until its standard input ends. A line of it is the release, and
// it writes its diary to its standard output.
func playWorker(text string) error {
	var p part
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	q, err := queue.Open(ctx, p.URL, queue.Config{Name: p.Name})
	if err != nil {
		return err
	}
	defer q.Close()
	d := newDiary()
	go func() { // ends with the process
		in := bufio.NewReader(os.Stdin)
		if _, err := in.ReadString('\n'); err == nil {
			close(d.release)
			io.Copy(io.Discard, in)
		}
		cancel()
	}()
	var mu sync.Mutex
	tell := json.NewEncoder(os.Stdout)
	w := queue.NewWorker(q, queue.WorkerConfig{Lease: p.Lease, Concurrency: p.Concurrency, Logger: slog.New(slog.DiscardHandler)})
	queue.Handle(w, chores, d.handler(func(e entry) {
		mu.Lock()
		defer mu.Unlock()
		tell.Encode(e)
	}))
	return w.Run(ctx)
}

// A helper is a process that works, and its diary.
type helper struct {
	*child.Process
	*diary
	reading sync.WaitGroup
}

// helper starts a process that works.
func (r *rig) helper(p part) *helper {
	r.Helper()
	h, err := startHelper(p)
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(h.kill)
	return h
}

func startHelper(p part) (*helper, error) {
	text, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerRole+"="+string(text))
	h := &helper{diary: newDiary()}
	if h.Process, err = child.Start(cmd); err != nil {
		return nil, err
	}
	h.reading.Go(func() {
		lines := json.NewDecoder(h.Stdout)
		for {
			var e entry
			if lines.Decode(&e) != nil {
				return
			}
			h.write(e)
		}
	})
	return h, nil
}

// kill ends the process as a crash does, and returns when its diary has been read.
func (h *helper) kill() {
	h.Kill()
	<-h.Done()
	h.reading.Wait()
	h.Stop(time.Second)
}

// leave ends the process as a deployment does.
func (r *rig) leave(h *helper) {
	r.Helper()
	if err := h.Stop(10 * time.Second); err != nil {
		r.Errorf("%v: %v", err, h.Obituary())
	}
	h.reading.Wait()
}

// script returns what a call of a script looks like on its way to Redis: its digest.
func script(t testing.TB, name string) string {
	t.Helper()
	var source []byte
	for _, part := range []string{"queue", name} {
		text, err := os.ReadFile("lua/" + part + ".lua")
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, text...)
	}
	sum := sha1.Sum(source)
	return hex.EncodeToString(sum[:])
}

// counters are the queue's.
func (r *rig) counters(q *queue.Queue) queue.Counters {
	r.Helper()
	info, err := q.Info(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	return info.Counters
}

// enqueue leaves chores that do the same, with the numbers from first on.
func (r *rig) enqueue(q *queue.Queue, do string, first, n int, opts ...queue.Option) (jobs []*queue.Job[int]) {
	r.Helper()
	for i := range n {
		j, err := chores.Enqueue(r.Context(), q, chore{first + i, do}, opts...)
		if err != nil {
			r.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// call calls chores at the same time, with the numbers from first on. Each channel
// gets one result.
func (r *rig) call(q *queue.Queue, do string, first, n int, opts ...queue.Option) (results []<-chan result[int]) {
	for i := range n {
		results = append(results, in(func() (int, error) {
			return chores.Call(r.Context(), q, chore{first + i, do}, opts...)
		}))
	}
	return results
}

// wantResults receives the results of calls, each from the given try.
func (r *rig) wantResults(results []<-chan result[int], first, try int) {
	r.Helper()
	for i, c := range results {
		if got := get(r, "the result of a call", c); got.err != nil || got.v != answerTo(first+i, try) {
			r.Errorf("call %d: %d, %v, want %d", first+i, got.v, got.err, answerTo(first+i, try))
		}
	}
}

// wantKept waits for jobs whose results are kept, each from the given try.
func (r *rig) wantKept(jobs []*queue.Job[int], first, try int) {
	r.Helper()
	for i, j := range jobs {
		if v, err := j.Wait(r.Context()); err != nil || v != answerTo(first+i, try) {
			r.Errorf("job %d: %d, %v, want %d", first+i, v, err, answerTo(first+i, try))
		}
	}
}

// wantOnce checks that chores began once each, in all diaries together.
func (r *rig) wantOnce(first, n int, diaries ...*diary) {
	r.Helper()
	for i := first; i < first+n; i++ {
		began := 0
		for _, d := range diaries {
			began += len(d.read("begin")[i])
		}
		if began != 1 {
			r.Errorf("chore %d began %d times", i, began)
		}
	}
}
