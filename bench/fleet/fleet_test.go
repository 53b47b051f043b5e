package fleet_test

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// TestMain lets the test binary be its own workers.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every worker built with -race takes a second to leave
	fleet.Main(funcs())
	os.Setenv(fleet.Role, "1")
	os.Exit(m.Run())
}

func funcs() levels.Funcs {
	all := leveltest.Funcs()
	maps.Copy(all, workload.Funcs())
	return all
}

func config() fleet.Config {
	return fleet.Config{Funcs: funcs(), Worker: []string{os.Args[0]}, Lease: 500 * time.Millisecond}
}

// Every level keeps its promises, with workers in processes of their own, and
// so does one inside another.
func TestConformance(t *testing.T) {
	for _, name := range []string{
		"serial", "machine/rpc", "machine/queue", "process", "thread", "async",
		"process>thread", "machine/rpc>process", "machine/queue:2>process:2>async",
	} {
		t.Run(strings.ReplaceAll(name, "/", "."), func(t *testing.T) {
			spec, err := fleet.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			leveltest.Suite{
				Isolated: spec[0].Level == "machine" || spec[0].Level == "process",
				Inline:   name == "serial" || strings.HasSuffix(name, "process"), // in which tasks run serially
				Open:     func(tb testing.TB) levels.Level { return open(tb, spec, config()) },
			}.Run(t)
		})
	}
}

func open(tb testing.TB, spec fleet.Spec, c fleet.Config) *fleet.Fleet {
	tb.Helper()
	f, err := fleet.Open(tb.Context(), spec, c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { f.Close() })
	return f
}
