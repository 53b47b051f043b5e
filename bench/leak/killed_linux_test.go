package leak_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

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
		"a child":            {"echo at work; sleep 60; :", "sleep 60"},
		"a grandchild":       {"sleep 60 & echo at work; read line", "sleep 60"}, // or its parent, if that is slow to leave
		"a file":             {"echo x >$TMPDIR/x; echo at work; read line", "file /x"},
		"a name in /dev/shm": {"echo x >" + shm + "; echo at work; read line", "1 names in /dev/shm"},
	} {
		t.Run(name, func(t *testing.T) {
			within := 10 * time.Second // a busy machine is no offence either
			if twin.stays != "" {
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
	t.Setenv("LEAK_TEST_GIVEN", "yes") // it has this process' environment if it is given none
	check := leak.Killed{Times: 1, Program: func(int) *exec.Cmd {
		return exec.Command("sh", "-c", `[ "$LEAK_TEST_GIVEN" ] || exit 1; echo at work; exec sleep 60`)
	}}
	if died, err := check.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "no processes") {
		t.Errorf("%v, %v, want an error", died, err)
	}
}

// Another program makes a name in shared memory meanwhile, and removes it.
func TestKilledBesideOthers(t *testing.T) {
	shm := "/dev/shm/killed-" + rand.Text()
	var other sync.WaitGroup
	defer other.Wait()
	check := leak.Killed{Times: 1, Within: 20 * time.Second, Program: func(int) *exec.Cmd {
		if err := os.WriteFile(shm, nil, 0o600); err != nil {
			t.Error(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), scriptEnv+"=echo at work; read line")
		other.Go(func() {
			time.Sleep(time.Second) // until then it is looked for
			os.Remove(shm)
		})
		return cmd
	}}
	if died, err := check.Run(t.Context()); err != nil || len(died.Stays) > 0 {
		t.Errorf("%v: %q, %v", died, died.Stays, err)
	}
}

// Of a program that dies before it is at work nothing stays, either.
func TestKilledNeverAtWork(t *testing.T) {
	check := leak.Killed{Program: func(int) *exec.Cmd { return exec.Command("sh", "-c", "sleep 20 >/dev/null & exit 1") }}
	if died, err := check.Run(t.Context()); err == nil {
		t.Errorf("%v, want an error", died)
	}
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("there is a child: %d, %v", pid, err)
	}
}
