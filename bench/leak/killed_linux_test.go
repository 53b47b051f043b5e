package leak_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/leak"
)

// scriptEnv has this test binary be a program with a child, which runs a script.
const scriptEnv = "LEAK_TEST_SCRIPT"

func init() {
	script := os.Getenv(scriptEnv)
	if script == "" {
		return
	}
	cmd := exec.Command("sh", "-c", script)
	cmd.Stdout = os.Stdout
	if _, err := cmd.StdinPipe(); err != nil { // the leash: it ends with this process
		panic(err)
	}
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	time.Sleep(time.Minute)
	os.Exit(1)
}

// Each twin leaves something of one kind when it is killed. A child that leaves with its leash is
// no offence.
func TestKilledIsNoticed(t *testing.T) {
	shm := "/dev/shm/killed-" + rand.Text()
	t.Cleanup(func() { os.Remove(shm) })
	for name, twin := range map[string]struct{ script, stays string }{
		"nothing":            {"echo at work; read line", ""},
		"a child":            {"echo at work; exec sleep 60", `"sleep 60"`},
		"a grandchild":       {"sleep 60 & echo at work; read line", `"sleep 60"`},
		"a file":             {"echo x >$TMPDIR/x; echo at work; read line", "file /x"},
		"a name in /dev/shm": {"echo x >" + shm + "; echo at work; read line", "1 names in /dev/shm"},
	} {
		t.Run(name, func(t *testing.T) {
			within := 10 * time.Second // a busy machine is no offence either
			if strings.Contains(twin.stays, "sleep") {
				within = 200 * time.Millisecond
			}
			check := leak.Killed{Times: 2, Within: within, Program: func(int) *exec.Cmd {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), scriptEnv+"="+twin.script)
				return cmd
			}}
			died, err := check.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			found := strings.Join(died.Stays, ", ")
			if clean := found == ""; clean != (twin.stays == "") || !strings.Contains(found, twin.stays) {
				t.Errorf("%v: %s; want %q", died, found, twin.stays)
			}
			os.Remove(shm)
		})
	}
}

// A program that never had a process shows nothing.
func TestKilledWithoutProcesses(t *testing.T) {
	check := leak.Killed{Times: 1, Program: func(int) *exec.Cmd { return exec.Command("sh", "-c", "echo at work; exec sleep 60") }}
	if died, err := check.Run(t.Context()); err == nil {
		t.Errorf("%v, want an error", died)
	}
}
