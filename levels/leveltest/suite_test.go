package leveltest_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

func TestGood(t *testing.T) {
	leveltest.Suite{Open: func(testing.TB) levels.Level { return newGood() }}.Run(t)
}

func TestGoodIsolated(t *testing.T) {
	leveltest.Suite{Open: func(testing.TB) levels.Level { return mortal{newGood()} }, Isolated: true}.Run(t)
}

func TestCheckKept(t *testing.T) {
	s := leveltest.Suite{Open: func(testing.TB) levels.Level { return mortal{newGood()} }, Isolated: true}
	if broken := s.Check(t); len(broken) > 0 {
		t.Errorf("a good level breaks %v", broken)
	}
}

// A level in the goroutine of its caller must say so, for only then it may take
// the caller along.
func TestInline(t *testing.T) {
	s := leveltest.Suite{Open: func(testing.TB) levels.Level { return &levels.Serial{Funcs: leveltest.Funcs()} }}
	if broken := s.Check(t, "goexit"); broken["goexit"] == nil {
		t.Error("Serial keeps goexit though it does not claim to be Inline")
	}
	s.Inline = true
	if broken := s.Check(t, "goexit"); len(broken) > 0 {
		t.Errorf("Serial breaks %v", broken)
	}
}

func TestPromisesSpeak(t *testing.T) {
	for _, p := range leveltest.Promises() {
		if strings.ContainsAny(p.Name, " _/") || p.Name == "" || !strings.HasSuffix(p.Says, ".") {
			t.Errorf("promise %q says %q, want a word and a sentence", p.Name, p.Says)
		}
	}
}

// A level may hold what ends with tb.Context or in a tb.Cleanup, such as the
// server it speaks to: that is no goroutine left behind.
func TestOpenCleansUp(t *testing.T) {
	var order []string
	open := func(tb testing.TB) levels.Level {
		server := make(chan struct{})
		go func() { defer close(server); <-tb.Context().Done() }()
		tb.Cleanup(func() { <-server; order = append(order, "server") })
		tb.Cleanup(func() { order = append(order, "client") })
		return newGood()
	}
	if broken := (leveltest.Suite{Open: open}).Check(t, "empty"); len(broken) > 0 {
		t.Error(broken)
	}
	if want := []string{"client", "server"}; !slices.Equal(order, want) {
		t.Errorf("cleaned up %q, want %q", order, want)
	}
}

// A recorder is a testing.TB that takes errors down.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestCheckUnknownPromise(t *testing.T) {
	s := leveltest.Suite{Open: func(testing.TB) levels.Level { return newGood() }}
	for _, name := range []string{"world-peace", "death"} { // the level does not claim to be isolated
		r := &recorder{TB: t}
		s.Check(r, "empty", name)
		if len(r.errors) != 1 || !strings.Contains(r.errors[0], name) {
			t.Errorf("checking %q, the test is told %q", name, r.errors)
		}
	}
}

// Run fails its test: this is seen from outside, where a failure is harmless.
func TestRunFails(t *testing.T) {
	const child = "LEVELTEST_CHILD"
	if os.Getenv(child) != "" {
		leveltest.Suite{Open: func(testing.TB) levels.Level { return spoil(swaps)(nil) }}.Run(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestRunFails$/^(empty|order)$")
	cmd.Env = append(os.Environ(), child+"=1", "GORACE=atexit_sleep_ms=0")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Error("a wrong level passes")
	}
	for _, want := range []string{
		"--- PASS: TestRunFails/empty", "--- FAIL: TestRunFails/order",
		"order: result 0 of 2: the echo of 2 is 03000000", "promise: Result i is the result of task i",
	} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

// Who is started by a labelled goroutine is seen, in whatever generation.
func TestGrandchildIsSeen(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	open := func(testing.TB) levels.Level {
		g := newGood()
		return &twist{good: g, run: func(ctx context.Context, tasks []levels.Task) []levels.Result {
			go func() { go func() { <-stop }() }()
			return g.Run(ctx, tasks)
		}}
	}
	broken := leveltest.Suite{Open: open, Patience: 250 * time.Millisecond}.Check(t, "empty")
	if why := fmt.Sprint(broken["goroutines"]); !strings.Contains(why, "TestGrandchildIsSeen") {
		t.Errorf("the suite says %v, want the stack of a goroutine of this test", broken)
	}
}
