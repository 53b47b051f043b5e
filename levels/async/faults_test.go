package async_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/async"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

// Of 100,000 tasks, 1 % each end their goroutine, panic, and block until they are
// cancelled. Each is its own error, no other result is missing, and as many tasks as
// before can be in flight.
func TestFaults(t *testing.T) {
	const inFlight = 64
	for _, variant := range async.Variants {
		t.Run(variant, func(t *testing.T) {
			funcs := levels.Recover(leveltest.Faulty())
			var meeting sync.WaitGroup
			meeting.Add(inFlight)
			funcs["meet"] = func(context.Context, []byte) ([]byte, error) { meeting.Done(); meeting.Wait(); return nil, nil }
			l := async.New(async.Config{Funcs: funcs, InFlight: inFlight, Variant: variant})
			defer l.Close()
			if err := leveltest.Faults(t.Context(), l, 100, true); err != nil {
				t.Error(err)
			}
			for _, r := range l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: "meet"}}, inFlight)) {
				if r.Err != nil { // or they would wait for each other for ever
					t.Error(r.Err)
				}
			}
		})
	}
}

// Without levels.Recover a panic ends the program, and says so.
func TestPanicEndsTheProgram(t *testing.T) {
	const mark = "ASYNC_TEST_VARIANT"
	if variant := os.Getenv(mark); variant != "" {
		async.New(async.Config{Funcs: leveltest.Faulty(), Variant: variant}).Run(t.Context(), []levels.Task{{Func: "panic", Input: []byte("here")}})
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

// A batch whose tasks are done does not wait for a slot that it needs no more.
func TestDoneBatchWaitsForNobody(t *testing.T) {
	began, release, enough := make(chan string, 4), make(chan struct{}), make(chan struct{})
	l := async.New(async.Config{InFlight: 2, Funcs: levels.Funcs{
		"hold": func(context.Context, []byte) ([]byte, error) { began <- "hold"; <-release; return nil, nil },
		"turn": func(context.Context, []byte) ([]byte, error) { began <- "turn"; <-enough; return nil, nil },
		"fine": func(_ context.Context, input []byte) ([]byte, error) { return input, nil },
	}})
	defer l.Close()
	var calls sync.WaitGroup
	run := func(name string, n int) func() {
		return func() { l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: name}}, n)) }
	}
	calls.Go(run("hold", 1))
	calls.Go(run("turn", 1))
	<-began
	<-began
	short := make(chan bool)
	calls.Go(func() { run("fine", 2)(); close(short) })
	for i := 0; i < 1000; i++ { // until it waits for a slot, or as good as
		runtime.Gosched()
	}
	calls.Go(run("hold", 1)) // behind it
	close(enough)            // one slot: the short batch needs no second
	<-short
	close(release)
	calls.Wait()
}
