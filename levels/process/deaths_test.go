//go:build linux

package process_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

// channels are the transports whose children live for more than a task.
var channels = []string{"pipe", "socket", "shm"}

// A death is how a task ends its worker, and what the error of the task says then.
type death struct {
	how   string
	says  string
	alone bool // no other task may be lost with it

	// The worker lives on without a channel that could be trusted. So nobody knows what it
	// has begun, and all that it was sent may be lost. Memory may even stay as it was.
	lives bool

	// Somebody else holds its channel, so its last results may not have been read in time.
	held bool
}

var deathsOfAll = []death{
	{how: "panic", says: "exit status 2: panic: boom", alone: true},
	{how: "deep panic", says: "exit status 2: panic: boom", alone: true},
	{how: "goexit", says: "runtime.Goexit", alone: true},
	{how: "exit", says: "exit status 3"},
	{how: "overflow", says: "exit status 2: fatal error: stack overflow"},
	{how: "fault", says: "exit status 2: fatal error: fault"},
	{how: "kill", says: "signal: killed"},
	{how: "flood", says: " flood flood"},
	{how: "garbage", lives: true},
	{how: "hang up", lives: true},
	{how: "turn away", lives: true},
	{how: "leave a child", says: "exit status 6", held: true},
}

// A den is a level whose tasks leave a line each time they run.
type den struct {
	levels.Level
	log string
	run int // batches so far
}

// each runs a test with several transports, side by side: most of it is to wait. In
// the end nothing may be left: no goroutine and no open file.
func each(t *testing.T, transports []string, test func(t *testing.T, transport string)) {
	t.Helper()
	before, files := goleak.IgnoreCurrent(), openFiles(t)
	var all sync.WaitGroup
	for _, transport := range transports {
		all.Go(func() {
			t.Run(transport, func(t *testing.T) { test(t, transport) })
		})
	}
	all.Wait()
	goleak.VerifyNone(t, before)
	if now := openFiles(t); len(now) > len(files) {
		t.Errorf("open files:\n%s\nbefore:\n%s", strings.Join(now, "\n"), strings.Join(files, "\n"))
	}
}

// newDen opens a level, none of whose workers may be left in the end.
func newDen(t *testing.T, c process.Config) *den {
	t.Helper()
	d := &den{Level: process.New(c), log: filepath.Join(t.TempDir(), "log")}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		for _, line := range d.lines(t) {
			if pid := atoi(t, line[2]); syscall.Kill(pid, 0) != syscall.ESRCH {
				t.Errorf("worker %d is left", pid)
			}
		}
	})
	return d
}

// openFiles are those of this process.
func openFiles(t *testing.T) (names []string) {
	t.Helper()
	r, w, err := os.Pipe() // or the poller's own files would come with the first level
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, _ := os.Readlink("/proc/self/fd/" + e.Name())
		names = append(names, e.Name()+" "+name)
	}
	return names
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// lines returns batch, number and process of each task that has begun.
func (d *den) lines(t *testing.T) (lines [][]string) {
	t.Helper()
	text, err := os.ReadFile(d.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			t.Fatalf("log has the line %q", line)
		}
		lines = append(lines, fields)
	}
	return lines
}

// do runs a batch in which task i does hows[i], or nothing bad. It returns the
// results, and how often each task has begun by then.
func (d *den) do(t *testing.T, n int, hows map[int]string) ([]levels.Result, []int) {
	t.Helper()
	d.run++
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "deed", Input: fmt.Appendf(nil, "%s|%d|%d|%s", hows[i], d.run, i, d.log)}
	}
	results := d.Run(t.Context(), tasks)
	runs := make([]int, n)
	for _, line := range d.lines(t) {
		if line[0] == strconv.Itoa(d.run) {
			runs[atoi(t, line[1])]++
		}
	}
	return results, runs
}

// fine fails the test unless each of a batch of good tasks has run once.
func (d *den) fine(t *testing.T, n int) {
	t.Helper()
	results, runs := d.do(t, n, nil)
	for i, r := range results {
		isFine(t, i, r, runs[i])
	}
}

func isFine(t *testing.T, i int, r levels.Result, runs int) {
	t.Helper()
	if r.Err != nil || string(r.Output) != strconv.Itoa(i) || runs != 1 {
		t.Errorf("result %d: %q, %v, after %d runs", i, r.Output, r.Err, runs)
	}
}

// deed leaves a line of which task it is, and does what its input says. Its output
// is its number.
func deed(_ context.Context, input []byte) ([]byte, error) {
	f := strings.SplitN(string(input), "|", 4)
	if err := note(f[3], fmt.Sprintf("%s %s %d\n", f[1], f[2], os.Getpid())); err != nil {
		return nil, err
	}
	if bad := deedOf(f[0]); bad != nil {
		bad(f[3])
	}
	return []byte(f[2]), nil
}

// note appends to a file, whoever else does.
func note(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// However a task ends its worker, it costs at most the slice that was at work; no
// task runs twice, and the level works on.
func TestDeaths(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		one := newDen(t, process.Config{Processes: 1, Transport: transport})
		two := newDen(t, process.Config{Processes: 2, Transport: transport})
		for _, death := range deathsOfAll {
			t.Run(death.how, func(t *testing.T) {
				death.try(t, one, 3, 1, 1)
				if death.how != "leave a child" { // it takes a second, in which its stderr might say more
					death.try(t, two, 400, 150, 100)
				}
			})
		}
	})
}

// However many panic, it is not their number that costs another its result.
func TestManyDeaths(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := newDen(t, process.Config{Processes: 1, Transport: transport})
		hows := map[int]string{}
		for i := range 8 {
			hows[i] = "panic"
		}
		results, runs := d.do(t, 20, hows)
		for i, r := range results {
			if hows[i] == "" {
				isFine(t, i, r, runs[i])
			} else {
				deathsOfAll[0].isDead(t, r, runs[i])
			}
		}
	})
}

func init() { moreFuncs["deed"] = deed }

// try runs a batch with one bad task, which may take a slice with it.
func (d death) try(t *testing.T, l *den, n, bad, slice int) {
	t.Helper()
	results, runs := l.do(t, n, map[int]string{bad: d.how})
	endGrandchildren(t, l.log)
	if !d.lives {
		d.isDead(t, results[bad], runs[bad])
	}
	var lost []int
	for i, r := range results {
		switch {
		case !errors.Is(r.Err, levels.ErrLost) || d.alone && i != bad:
			isFine(t, i, r, runs[i])
		case runs[i] > 1:
			t.Errorf("task %d is lost, after %d runs", i, runs[i])
		default:
			lost = append(lost, i)
		}
	}
	if d.lives || d.held {
		slice *= 2 // one was at work, one behind it
	} else if span := lost[len(lost)-1] - lost[0] + 1; span != len(lost) {
		t.Errorf("lost are %d, which are no slice", lost)
	}
	if len(lost) > slice {
		t.Errorf("%d of %d tasks are lost, which is more than %d", len(lost), n, slice)
	}
	l.fine(t, 20)
}

// isDead fails the test unless r is that of the task that ended its worker.
func (d death) isDead(t *testing.T, r levels.Result, runs int) {
	t.Helper()
	if !errors.Is(r.Err, levels.ErrLost) || !strings.Contains(r.Err.Error(), d.says) || runs != 1 {
		t.Fatalf("%v, after %d runs; want %v and %q", r.Err, runs, levels.ErrLost, d.says)
	}
}

// A child that is silent is killed where tasks have a limit.
func TestStopped(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		d := death{how: "stop", says: "silent for too long, and killed: "}
		d.try(t, newDen(t, process.Config{Processes: 2, Transport: transport, Timeout: 200 * time.Millisecond}), 8, 1, 2)
	})
}

// Where each task has a process, no death costs another task.
func TestDeathsOfTheSpawned(t *testing.T) {
	d := newDen(t, process.Config{Processes: 2, Transport: "spawn"})
	for _, death := range deathsOfAll {
		if death.lives {
			continue // the result is there all the same, or the task is lost: both will do
		}
		t.Run(death.how, func(t *testing.T) {
			results, runs := d.do(t, 3, map[int]string{1: death.how})
			endGrandchildren(t, d.log)
			isFine(t, 0, results[0], runs[0])
			death.isDead(t, results[1], runs[1])
			isFine(t, 2, results[2], runs[2])
		})
	}
}
