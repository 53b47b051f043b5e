package chaos_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/chaos"
	"github.com/fourlevels/fourlevels/bench/netns"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
)

const role = "CHAOS_TEST_WORKER"

// TestMain lets the test binary play the workers.
func TestMain(m *testing.M) {
	if os.Getenv(role) == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := chaos.Work(ctx, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0) // sooner than with a race detector that looks around once more
}

// worker is how a worker is started.
func worker() (command, env []string) {
	return []string{os.Args[0]}, append(os.Environ(), role+"=1", "GORACE=atexit_sleep_ms=0")
}

// run plays rounds, and checks that nothing stays behind.
func run(t *testing.T, c chaos.Config) *chaos.Report {
	t.Helper()
	if missing := lab.Needs(); missing != "" {
		t.Skip(missing)
	}
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	c.Worker, c.Env = worker()
	report, err := chaos.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	report.Write(&b)
	t.Logf("\n%s", &b)
	for line := range strings.Lines(b.String()) {
		if len(line) > 81 { // with its end
			t.Errorf("wider than 80 columns: %q", line)
		}
	}
	return report
}

// What nobody has is refused: a fault by the wrong name would show nothing, and look well.
func TestConfig(t *testing.T) {
	for want, c := range map[string]chaos.Config{
		`there is no way "forgt"`:                                 {Way: "forgt"},
		`there is no fault "kil"`:                                 {Faults: []string{"leave", "kil"}},
		"there are no wires to unplug: the workers are not apart": {Faults: []string{chaos.Unplug}},
	} {
		if _, err := chaos.Run(t.Context(), c); err == nil || err.Error() != want {
			t.Errorf("err = %v, want %s", err, want)
		}
	}
}

// Whoever ends it gets a report on the rounds that were played, and no process stays behind:
// neither one whose link is clogged nor one that is stopped.
func TestInterrupted(t *testing.T) {
	if missing := lab.Needs(); missing != "" {
		t.Skip(missing)
	}
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := chaos.Config{Jobs: 300, Duration: time.Second, Rounds: 1000, Faults: []string{"stop", "clog", "cut"}}
	c.Worker, c.Env = worker()
	c.Progress = func(round int) {
		if round == 2 {
			time.AfterFunc(600*time.Millisecond, cancel) // in the middle of it
		}
	}
	r, err := chaos.Run(ctx, c)
	if !errors.Is(err, context.Canceled) || r == nil || len(r.Rounds) != 1 || r.Sum.Attempted != 300 {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := chaos.Run(ctx, c); r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v before a round was played", r, err)
	}
}

// Whoever is told to leave ends its jobs: no lease runs out, and nothing runs twice.
func TestLeave(t *testing.T) {
	r := run(t, chaos.Config{Jobs: 1000, Duration: 2 * time.Second, Seed: 1, Faults: []string{"leave"}})
	if len(r.Broken) > 0 || r.Sum.Expired > 0 || r.Sum.Duplicated > 0 {
		t.Errorf("%q, %+v", r.Broken, r.Sum)
	}
}

// The queue keeps its promises under all faults.
func TestQueue(t *testing.T) {
	r := run(t, chaos.Config{Jobs: 4000, Duration: 6 * time.Second, Seed: 1})
	if len(r.Broken) > 0 {
		t.Errorf("%q", r.Broken)
	}
	if r.Sum.Attempted != 4000 || r.Sum.OK+r.Sum.Dead+r.Sum.Unknown < 4000 {
		t.Errorf("%+v", r.Sum)
	}
}

// It keeps them when each worker has a network of its own, and its wire is unplugged.
func TestApart(t *testing.T) {
	if missing := netns.Needs(); missing != "" {
		t.Skip(missing)
	}
	r := run(t, chaos.Config{Apart: true, Jobs: 1500, Duration: 4 * time.Second, Seed: 1, Faults: []string{chaos.Unplug, "kill"}})
	if len(r.Broken) > 0 {
		t.Errorf("%q", r.Broken)
	}
}

// A queue that pops jobs and forgets them is caught under the same faults, by the same
// checker; and without faults there is nothing to catch.
func TestForgetfulIsCaught(t *testing.T) {
	r := run(t, chaos.Config{Way: chaos.Forget, Jobs: 1000, Duration: 3 * time.Second, Seed: 1})
	if r.Sum.Lost == 0 || !slices.ContainsFunc(r.Broken, func(b string) bool { return strings.HasSuffix(b, "are lost") }) {
		t.Errorf("nothing is lost: %q", r.Broken)
	}
	r = run(t, chaos.Config{Way: chaos.Forget, Jobs: 300, Duration: time.Second, Faults: []string{}})
	if len(r.Broken) > 0 || r.Sum.OK+r.Sum.Dead != 300 {
		t.Errorf("without faults: %q", r.Broken)
	}
}
