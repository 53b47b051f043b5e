package thread_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/thread"
)

const crewSize = 24

var errEnough = errors.New("enough")

// A meeting is when a whole crew is at work at the same time.
type meeting struct {
	in   sync.WaitGroup // until all are there
	over chan struct{}
}

func newMeeting(n int) *meeting {
	m := &meeting{over: make(chan struct{})}
	m.in.Add(n)
	return m
}

// faulty are functions with one way each to go wrong, and one that meets.
func faulty(m *meeting) levels.Funcs {
	return levels.Funcs{
		"fine":  func(_ context.Context, input []byte) ([]byte, error) { return input, nil },
		"exit":  func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
		"panic": func(_ context.Context, input []byte) ([]byte, error) { panic(fmt.Sprintf("ouch %d", number(input))) },
		"block": func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, context.Cause(ctx) },
		"meet":  func(context.Context, []byte) ([]byte, error) { m.in.Done(); <-m.over; return nil, nil },
	}
}

func number(input []byte) uint32 { return binary.BigEndian.Uint32(input) }

// wrong says what is wrong with the result of a task of faulty.
func wrong(task levels.Task, r levels.Result) error {
	var p *levels.PanicError
	ok := false
	switch task.Func {
	case "fine":
		ok = r.Err == nil && bytes.Equal(r.Output, task.Input)
	case "exit":
		ok = r.Err != nil && strings.Contains(r.Err.Error(), "runtime.Goexit")
	case "panic":
		ok = errors.As(r.Err, &p) && p.Value == fmt.Sprintf("ouch %d", number(task.Input))
	case "block":
		ok = errors.Is(r.Err, errEnough)
	}
	if !ok {
		return fmt.Errorf("%s %d: output %x, error %v", task.Func, number(task.Input), r.Output, r.Err)
	}
	return nil
}

// tasksFrom returns n tasks with numbers from first on, of which each hundredth has
// one fault, and each hundredth the other.
func tasksFrom(first, n int, faults ...string) []levels.Task {
	tasks := make([]levels.Task, n)
	for i := range tasks {
		tasks[i] = levels.Task{Func: "fine", Input: binary.BigEndian.AppendUint32(nil, uint32(first+i))}
		if i%100 < len(faults) {
			tasks[i].Func = faults[i%100]
		}
	}
	return tasks
}

// Of many tasks, 1 % each end their goroutine, panic, and block until they are
// cancelled. Each is its own error, no other result is missing, and the crew is as
// large as before.
func TestFaults(t *testing.T) {
	each(t, func(t *testing.T, c thread.Config) {
		rounds := 100
		if c.Variant == "per-task" {
			rounds = 10 // it is slow
		}
		m := newMeeting(crewSize)
		c.Funcs, c.Threads = levels.Recover(faulty(m)), crewSize
		l := open(t, c)
		defer l.Close()
		if c.Help { // then a task that ends its goroutine takes the caller along
			for round := range rounds {
				faultyRound(t, l, round*1000, "panic")
			}
			return
		}
		before := meet(t, l, m)
		for round := range rounds {
			faultyRound(t, l, round*1000, "panic", "exit")
		}
		*m = *newMeeting(crewSize)
		if after := meet(t, l, m); after > before+slack || after < before-slack {
			t.Errorf("with all at work there were %d threads, and afterwards %d", before, after)
		}
	})
}

// faultyRound runs 1000 tasks, of which 10 block meanwhile.
func faultyRound(t *testing.T, l levels.Level, first int, faults ...string) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	blocked := tasksFrom(first+990, 10)
	for i := range blocked {
		blocked[i].Func = "block"
	}
	var blocking sync.WaitGroup
	blocking.Go(func() { check(t, l, ctx, blocked) })
	check(t, l, t.Context(), tasksFrom(first, 990, faults...))
	cancel(errEnough)
	blocking.Wait()
}

func check(t *testing.T, l levels.Level, ctx context.Context, tasks []levels.Task) {
	for i, r := range l.Run(ctx, tasks) {
		if err := wrong(tasks[i], r); err != nil {
			t.Error(err)
		}
	}
}

// meet has a crew, which nobody helps, in tasks at the same time, and returns the
// number of threads of this process then.
func meet(t *testing.T, l levels.Level, m *meeting) (n int) {
	t.Helper()
	var counting sync.WaitGroup
	counting.Go(func() {
		m.in.Wait()
		n = threads(t)
		close(m.over)
	})
	for _, r := range l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: "meet"}}, crewSize)) {
		if r.Err != nil {
			t.Error(r.Err)
		}
	}
	counting.Wait()
	return n
}

const childMark = "FOURLEVELS_TEST_CHILD"

// inChild runs the calling test in a process of its own, and there f with arg. It
// returns what that printed, and nil if it succeeded.
func inChild(t *testing.T, arg string, f func(arg string)) (output string, err error) {
	t.Helper()
	if arg, ok := os.LookupEnv(childMark); ok {
		f(arg)
		os.Exit(0)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childMark+"="+arg)
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// Without levels.Recover a panic ends the program, and says so.
func TestPanicEndsTheProgram(t *testing.T) {
	for _, variant := range thread.Variants {
		output, err := inChild(t, variant, func(variant string) {
			l := open(t, thread.Config{Variant: variant, Funcs: faulty(nil)})
			l.Run(t.Context(), tasksFrom(0, 1000, "fine", "panic"))
		})
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(output, "panic: ouch ") {
			t.Errorf("%s: %v\n%s", variant, err, output)
		}
	}
}
