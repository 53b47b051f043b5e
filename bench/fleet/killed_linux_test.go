package fleet_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/leak"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

var killed = flag.Int("killed", 0, "how often TestKilled kills a program at each level, all of whose processes must be gone within a second; 0 means twice, and five seconds, for a busy machine")

// parentEnv has the test binary be a program at work with a level.
const parentEnv = "FLEET_TEST_PARENT"

// A program that is killed leaves nothing: all that its level has started is gone within a
// second, though every other time it is at a task that never ends.
func TestKilled(t *testing.T) {
	all := []string{"machine/rpc", "machine/queue", "machine/queue, embedded", "machine/rpc:1>process/shm:1", "machine/queue:1>process/socket:1"}
	for _, transport := range process.Transports {
		all = append(all, "process/"+transport)
	}
	for _, level := range all {
		t.Run(strings.ReplaceAll(level, "/", "."), func(t *testing.T) {
			check := leak.Killed{Times: *killed, Program: func(n int) *exec.Cmd { return parent(level, n%2 == 1) }}
			if *killed == 0 {
				check.Times, check.Within = 2, 5*time.Second
			}
			died, err := check.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%-34s %v", level, died)
			if len(died.Stays) > 0 {
				t.Errorf("%q stay", died.Stays)
			}
		})
	}
}

// parent is the program, at work at a level, or at tasks that are deaf.
func parent(level string, deaf bool) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, fleet.Role+"=") })
	task := "echo"
	if deaf {
		task = "deaf"
	}
	cmd.Env = append(cmd.Env, parentEnv+"="+task+" "+level)
	return cmd
}

// beParent runs tasks of a level until it is killed. When there are workers it says so.
func beParent(task, level string) error {
	c := config()
	level, c.Embedded = strings.CutSuffix(level, ", embedded")
	spec, err := fleet.Parse(level)
	if err != nil {
		return err
	}
	l, err := fleet.Open(context.Background(), spec, c)
	if err != nil {
		return err
	}
	run := func(name string) error {
		for _, r := range l.Run(context.Background(), slices.Repeat([]levels.Task{{Func: name, Input: []byte("x")}}, 8)) {
			if r.Err != nil {
				return r.Err
			}
		}
		return nil
	}
	if err := run("echo"); err != nil {
		return err
	}
	fmt.Println("at work")
	for {
		if err := run(task); err != nil {
			return errors.Join(err, l.Close())
		}
	}
}

// deaf is a task that never ends, whatever its ctx says.
func deaf(context.Context, []byte) ([]byte, error) { select {} }

func init() {
	more["deaf"] = deaf
	told, is := os.LookupEnv(parentEnv)
	if !is {
		return
	}
	os.Unsetenv(parentEnv) // its workers are none
	os.Setenv(fleet.Role, "1")
	task, level, _ := strings.Cut(told, " ")
	fmt.Fprintln(os.Stderr, beParent(task, level))
	os.Exit(1)
}
