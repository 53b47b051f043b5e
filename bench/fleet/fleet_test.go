package fleet_test

import (
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
	"github.com/fourlevels/fourlevels/levels/workload"
)

// TestMain lets the test binary be its own workers.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or every worker built with -race takes a second to leave
	fleet.Main(funcs())
	os.Setenv(fleet.Role, "1")
	goleak.VerifyTestMain(m)
}

func funcs() levels.Funcs {
	all := leveltest.Funcs()
	maps.Copy(all, workload.Funcs())
	maps.Copy(all, more)
	return all
}

// more are functions of tests for one system.
var more = levels.Funcs{}

func config() fleet.Config {
	return fleet.Config{Funcs: funcs(), Worker: []string{os.Args[0]}, Lease: time.Second}
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

// Opening and closing leaves nothing behind: neither goroutines, nor processes.
func TestNothingStaysBehind(t *testing.T) {
	tree := usage.NewTree()
	had, counted := tree.Processes() // where nobody counts them, goroutines must do
	for _, name := range []string{"machine/rpc>process", "machine/queue>process"} {
		spec, err := fleet.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		l := open(t, spec, config())
		for _, r := range l.Run(t.Context(), []levels.Task{{Func: "echo"}}) {
			if r.Err != nil {
				t.Errorf("%s: %v", name, r.Err)
			}
		}
		if n, _ := tree.Processes(); counted && n <= had {
			t.Errorf("%s runs in %d processes, not more than the %d before", name, n, had)
		}
		if err := l.Close(); err != nil {
			t.Errorf("close %s: %v", name, err)
		}
		if n, _ := tree.Processes(); n != had {
			t.Errorf("%s: %d processes after Close, %d before Open", name, n, had)
		}
	}
	goleak.VerifyNone(t)
}

// What cannot be opened says why, and leaves nothing behind either.
func TestOpenFails(t *testing.T) {
	for name, test := range map[string]struct {
		spec string
		edit func(*fleet.Config)
		want string
	}{
		"no worker":     {"process", func(c *fleet.Config) { c.Worker = nil }, "Config.Worker is empty"},
		"wrong worker":  {"machine/rpc", func(c *fleet.Config) { c.Worker = []string{"./nobody"} }, "nobody"},
		"not a worker":  {"machine/rpc", func(c *fleet.Config) { c.Worker = []string{"echo"} }, "not ready"},
		"Redis refused": {"machine/queue", func(c *fleet.Config) { c.Redis = "redis://127.0.0.1:1" }, "refused"},
	} {
		spec, err := fleet.Parse(test.spec)
		if err != nil {
			t.Fatal(err)
		}
		c := config()
		test.edit(&c)
		if _, err := fleet.Open(t.Context(), spec, c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: err = %v, want %q", name, err, test.want)
		}
	}
	goleak.VerifyNone(t)
}

func TestWorkRejectsArguments(t *testing.T) {
	for _, args := range [][]string{{"wroker"}, {"rpc", "--no-such-flag"}, {"process", "--listen", "x"}, {"rpc", "--listen", "0.0.0.0:0"}, {"origin", "--listen", "nowhere"}} {
		if code := fleet.Work(args, nil); code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
	}
	for _, args := range [][]string{{"rpc", "--token-file", "no such file"}, {"origin", "--corpus", "no such folder"}, {"queue", "--redis", "redis://127.0.0.1:1"}} {
		if code := fleet.Work(args, nil); code != 1 {
			t.Errorf("%q: exit code %d, want 1", args, code)
		}
	}
}
