package thread_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/thread"
)

const crewSize = 24

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

// faulty are functions that go wrong, and one that meets.
func faulty(m *meeting) levels.Funcs {
	funcs := leveltest.Faulty()
	funcs["meet"] = func(context.Context, []byte) ([]byte, error) { m.in.Done(); <-m.over; return nil, nil }
	return funcs
}

// Of many tasks, 1 % each end their goroutine, panic, and block until they are
// cancelled. Each is its own error, no other result is missing, and the crew is as
// large as before.
func TestFaults(t *testing.T) {
	each(t, func(t *testing.T, c thread.Config) {
		thousands := 100
		if c.Variant == "per-task" {
			thousands = 10 // it is slow
		}
		m := newMeeting(crewSize)
		c.Funcs, c.Threads = levels.Recover(faulty(m)), crewSize
		l := open(t, c)
		defer l.Close()
		if c.Help { // then a task that ends its goroutine takes the caller along
			if err := leveltest.Faults(t.Context(), l, thousands, false); err != nil {
				t.Error(err)
			}
			return
		}
		before := meet(t, l, m)
		if err := leveltest.Faults(t.Context(), l, thousands, true); err != nil {
			t.Error(err)
		}
		*m = *newMeeting(crewSize)
		if after := meet(t, l, m); after > before+slack || after < before-slack {
			t.Errorf("with all at work there were %d threads, and afterwards %d", before, after)
		}
	})
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
		for _, who := range []string{variant, variant + " helped"} { // by its caller
			output, err := inChild(t, who, func(who string) {
				variant, _, helped := strings.Cut(who, " ")
				l := open(t, thread.Config{Variant: variant, Help: helped, Funcs: faulty(nil)})
				l.Run(t.Context(), []levels.Task{{Func: "fine"}, {Func: "panic"}})
			})
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(output, "panic: ouch ") {
				t.Errorf("%s: %v\n%s", who, err, output)
			}
		}
	}
}
