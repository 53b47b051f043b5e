package async_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
)

var errEnough = errors.New("enough")

// faulty are functions with one way each to go wrong.
func faulty() levels.Funcs {
	return levels.Funcs{
		"fine":  func(_ context.Context, input []byte) ([]byte, error) { return input, nil },
		"exit":  func(context.Context, []byte) ([]byte, error) { runtime.Goexit(); return nil, nil },
		"panic": func(_ context.Context, input []byte) ([]byte, error) { panic("ouch " + string(input)) },
		"block": func(ctx context.Context, _ []byte) ([]byte, error) { <-ctx.Done(); return nil, context.Cause(ctx) },
	}
}

// wrong says what is wrong with the result of a task of faulty.
func wrong(task levels.Task, r levels.Result) error {
	ok := false
	switch task.Func {
	case "fine":
		ok = r.Err == nil && string(r.Output) == string(task.Input)
	case "exit":
		ok = r.Err != nil && strings.Contains(r.Err.Error(), "runtime.Goexit")
	case "panic":
		p := (*levels.PanicError)(nil)
		ok = errors.As(r.Err, &p) && p.Value == "ouch "+string(task.Input)
	case "block":
		ok = errors.Is(r.Err, errEnough)
	}
	if !ok {
		return fmt.Errorf("%s %s: output %q, error %v", task.Func, task.Input, r.Output, r.Err)
	}
	return nil
}

// Of 100,000 tasks, 1 % each end their goroutine, panic, and block until they are
// cancelled. Each is its own error, no other result is missing, and as many tasks as
// before can be in flight.
func TestFaults(t *testing.T) {
	const inFlight = 64
	for _, variant := range async.Variants {
		t.Run(variant, func(t *testing.T) {
			funcs := levels.Recover(faulty())
			var meeting sync.WaitGroup
			meeting.Add(inFlight)
			funcs["meet"] = func(context.Context, []byte) ([]byte, error) { meeting.Done(); meeting.Wait(); return nil, nil }
			l := async.New(async.Config{Funcs: funcs, InFlight: inFlight, Variant: variant})
			defer l.Close()
			for round := range 100 {
				faultyRound(t, l, round*1000)
			}
			for _, r := range l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: "meet"}}, inFlight)) {
				if r.Err != nil { // or they would wait for each other for ever
					t.Error(r.Err)
				}
			}
		})
	}
}

// faultyRound runs 1000 tasks, of which 10 block while the others run.
func faultyRound(t *testing.T, l levels.Level, first int) {
	var block, rest []levels.Task
	for i := range 1000 {
		task := levels.Task{Func: "fine", Input: strconv.AppendInt(nil, int64(first+i), 10)}
		switch i % 100 {
		case 0:
			task.Func = "exit"
		case 1:
			task.Func = "panic"
		case 2:
			task.Func = "block"
			block = append(block, task)
			continue
		}
		rest = append(rest, task)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	var blocking sync.WaitGroup
	blocking.Go(func() { check(t, l.Run(ctx, block), block) })
	check(t, l.Run(t.Context(), rest), rest)
	cancel(errEnough)
	blocking.Wait()
}

func check(t *testing.T, results []levels.Result, tasks []levels.Task) {
	for i, r := range results {
		if err := wrong(tasks[i], r); err != nil {
			t.Error(err)
		}
	}
}

// Without levels.Recover a panic ends the program, and says so.
func TestPanicEndsTheProgram(t *testing.T) {
	const mark = "ASYNC_TEST_VARIANT"
	if variant := os.Getenv(mark); variant != "" {
		async.New(async.Config{Funcs: faulty(), Variant: variant}).Run(t.Context(), []levels.Task{{Func: "panic", Input: []byte("here")}})
		return
	}
	for _, variant := range async.Variants {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), mark+"="+variant)
		out, err := cmd.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(out), "panic: ouch here") {
			t.Errorf("%s: %v\n%s", variant, err, out)
		}
	}
}
