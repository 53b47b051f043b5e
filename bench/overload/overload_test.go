package overload

import (
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// TestMain lets the test binary be its own workers.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	fleet.Main(workload.Funcs())
	os.Setenv(fleet.Role, "1")
	goleak.VerifyTestMain(m)
}

func short(t *testing.T, level string, endless bool) *Row {
	t.Helper()
	spec, err := fleet.Parse(level)
	if err != nil {
		t.Fatal(err)
	}
	row, err := Run(t.Context(), spec, Config{
		Fleet: fleet.Config{Funcs: workload.Funcs(), Worker: []string{os.Args[0]}},
		For:   700 * time.Millisecond, Steady: window, Waiting: 32, Grain: 200_000, Patience: time.Second, Endless: endless,
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// Of too much, a level does what it can and turns the rest away: nothing waits beyond the
// bound, and nothing is lost.
func TestOverload(t *testing.T) {
	for _, level := range []string{"thread:2", "process:2", "async:2", "machine/rpc:2>async:1", "machine/queue:2>async:1"} {
		row := short(t, level, false)
		t.Logf("%+v", *row)
		for _, broken := range row.Broken() {
			t.Error(broken)
		}
		if row.OK == 0 || row.Deepest == 0 {
			t.Errorf("%s did nothing, or nothing was seen to wait: %+v", level, row)
		}
	}
}

// A queue without a bound is caught, in front of a level and in Redis.
func TestEndless(t *testing.T) {
	for _, level := range []string{"thread:2", "machine/queue:2>async:1"} {
		row := short(t, level, true)
		t.Logf("%+v", *row)
		said := strings.Join(row.Broken(), "\n")
		for _, want := range []string{"tasks waited, of at most", "nothing was turned away"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: have %q, want %q", level, said, want)
			}
		}
	}
}
