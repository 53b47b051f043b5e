package chaos_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/chaos"
	"github.com/fourlevels/fourlevels/bench/leak"
	"github.com/fourlevels/fourlevels/bench/netns"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels/machine/store/lab"
	"github.com/fourlevels/fourlevels/levels/scratch"
)

var killed = flag.Int("killed", 0, "how often TestKilled kills a run, all of whose processes must be gone within a second; 0 means twice, and ten seconds, for a busy machine")

// harnessEnv has the test binary be a run of chaos: "here", "stopped" or "apart".
const harnessEnv = "CHAOS_TEST_HARNESS"

// hired are the run itself, a Redis and six workers, each of which may have a network that somebody holds.
var hired = map[string]int{"here": 8, "stopped": 8, "apart": 14}

func init() {
	how := os.Getenv(harnessEnv)
	if how == "" || os.Getenv(role) != "" {
		return
	}
	c := chaos.Config{Jobs: 20_000, Duration: time.Minute, Apart: how == "apart"}
	if how == "stopped" {
		c.Duration, c.Faults = 10*time.Second, []string{"stop"}
	}
	c.Worker, c.Env = worker()
	go func() { // ends with the process
		for below := 0; below < hired[how] || how == "stopped" && !oneStands(); time.Sleep(5 * time.Millisecond) {
			below, _ = usage.NewTree().Processes()
		}
		fmt.Println("at work")
	}()
	_, err := chaos.Run(context.Background(), c)
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// oneStands reports whether a child of this process is stopped.
func oneStands() bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	return slices.ContainsFunc(stats, func(file string) bool {
		stat, _ := os.ReadFile(file) // it may be gone
		return bytes.Contains(stat, fmt.Appendf(nil, ") T %d ", os.Getpid()))
	})
}

// A run that is killed leaves no process: no worker, even if it is stopped, no Redis, and nobody
// who holds a network. What the Redis has on disk the next start removes.
func TestKilled(t *testing.T) {
	if missing := lab.Needs(); missing != "" {
		t.Skip(missing)
	}
	for _, how := range []string{"here", "stopped", "apart"} {
		t.Run(how, func(t *testing.T) {
			if missing := netns.Needs(); how == "apart" && missing != "" {
				t.Skip(missing)
			}
			swept := 0
			check := leak.Killed{
				Times: *killed,
				Program: func(int) *exec.Cmd {
					cmd := exec.Command(os.Args[0])
					cmd.Env = append(os.Environ(), harnessEnv+"="+how, "GORACE=atexit_sleep_ms=0")
					return cmd
				},
				Next: func(temp string) error {
					logs, err := filepath.Glob(filepath.Join(temp, "*", "redis", "appendonly*")) // a folder since Redis 7, a file before
					swept += len(logs)
					scratch.Sweep(temp)
					return err
				},
			}
			if *killed == 0 {
				check.Times, check.Within = 2, 10*time.Second
			}
			died, err := check.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%-7s %v; the next start removed %d logs of a Redis", how, died, swept)
			if len(died.Stays) > 0 || swept == 0 {
				t.Errorf("%q stay, %d logs of a Redis were there", died.Stays, swept)
			}
		})
	}
}
