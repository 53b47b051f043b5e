package overload

import (
	"context"
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

// A level that the storm has made slow is told from a machine that has become slower: the
// processes of a level are young when it is opened anew, this one is not.
func TestSlowAfterwards(t *testing.T) {
	row := ages(t, "process:2")
	if said := strings.Join(row.Slow(), "\n"); row.Back != 0 || !strings.Contains(said, "did not come back") {
		t.Errorf("workers that stay slow: %q, %+v", said, *row)
	}
	row = ages(t, "thread:2")
	if row.Anew == 0 || row.Anew > row.Rate/4 {
		t.Errorf("a machine that is slower opens a level that does %.0f/s, before it was %.0f/s", row.Anew, row.Rate)
	}
}

// ages plays a trial in which all processes there are become slow in the storm.
func ages(t *testing.T, level string) *Row {
	t.Helper()
	file := filepath.Join(t.TempDir(), "storm")
	work, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		t.Fatal(err)
	}
	spec, err := fleet.Parse(level)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{
		Fleet: fleet.Config{Funcs: ageing(file), Worker: []string{os.Args[0], "ageing", file}},
		For:   100 * time.Millisecond, Steady: window, Waiting: 8, Grain: 1000, Times: 2, Patience: time.Second,
	}
	old := &trial{Config: c.complete(), spec: spec, work: work, row: Row{AtOnce: spec.AtOnce()}}
	if err := old.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer old.level.Close()
	if old.row.Rate, err = old.steady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	old.storm(t.Context()).Wait()
	after, err := old.calm(t.Context())
	if err == nil {
		err = old.judge(t.Context(), after)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &old.row
}

// The throughput is back in the first window in which it is nearly what it should be.
func TestBack(t *testing.T) {
	after := []reading{{100, 1}, {940, 2}, {951, 3}, {1000, 4}}
	for rate, want := range map[float64]time.Duration{100: 1, 1000: 3, 1050: 4, 1100: 0} {
		if have := back(after, rate); have != want {
			t.Errorf("%v/s: back after %d, want %d", rate, have, want)
		}
	}
}
