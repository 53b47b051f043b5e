package overload

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// TestMain lets the test binary be its own workers, whose tasks age if they are told to.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	funcs := workload.Funcs()
	if i := slices.Index(os.Args, "ageing"); i > 0 {
		funcs, os.Args = ageing(os.Args[i+1]), slices.Delete(os.Args, i, i+2)
	}
	fleet.Main(funcs)
	os.Setenv(fleet.Role, "1")
	goleak.VerifyTestMain(m)
}

// ageing are tasks that are slow in each process that is older than a file, if that is there.
func ageing(file string) levels.Funcs {
	funcs := workload.Funcs()
	young := funcs["cpu"]
	born := time.Now()
	funcs["cpu"] = func(ctx context.Context, input []byte) ([]byte, error) {
		if info, err := os.Stat(file); err == nil && info.ModTime().After(born) {
			time.Sleep(50 * time.Millisecond)
		}
		return young(ctx, input)
	}
	return funcs
}

func short(t *testing.T, level string, endless bool) *Row {
	return play(t, level, Config{Fleet: fleet.Config{Funcs: workload.Funcs(), Worker: []string{os.Args[0]}}, Endless: endless})
}

func play(t *testing.T, level string, c Config) *Row {
	t.Helper()
	spec, err := fleet.Parse(level)
	if err != nil {
		t.Fatal(err)
	}
	c.For, c.Steady, c.Waiting, c.Grain, c.Patience = 700*time.Millisecond, window, 32, 200_000, time.Second
	row, err := Run(t.Context(), spec, c)
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

// A level that each storm makes slow is told from a machine that has become slower: there
// the next try has it slow before the storm, too.
func TestSlowAfterwards(t *testing.T) {
	row := ages(t, "process:2")
	if said := strings.Join(row.Slow(), "\n"); row.Tries != tries || !strings.Contains(said, "did not come back") {
		t.Errorf("workers that stay slow: %q, %+v", said, *row)
	}
	row = ages(t, "thread:2")
	if row.Tries < 2 || row.Rate > 1000 {
		t.Errorf("a machine that stays slow: %+v", *row)
	}
}

// ages overloads a level. In the storm all processes that are there become slow for good:
// those of the level, which are others in the next try, and this one, which is not.
func ages(t *testing.T, level string) *Row {
	t.Helper()
	file := filepath.Join(t.TempDir(), "storm")
	spec, err := fleet.Parse(level)
	if err != nil {
		t.Fatal(err)
	}
	row, err := Run(t.Context(), spec, Config{
		Fleet: fleet.Config{Funcs: ageing(file), Worker: []string{os.Args[0], "ageing", file}},
		For:   100 * time.Millisecond, Steady: window, Waiting: 8, Grain: 1000, Times: 2, Patience: time.Second,
		stormy: func() {
			if err := errors.Join(os.RemoveAll(file), os.WriteFile(file, nil, 0o600)); err != nil {
				t.Error(err)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}
