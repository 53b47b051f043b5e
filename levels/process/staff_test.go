package process_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

// seatFile names a file that only the first worker can make: the others leave.
const seatFile = "PROCESS_TEST_SEAT"

// Of four workers one can be started. It does all the work: the others leave that to
// it, instead of failing whatever they claim.
func TestUnderstaffed(t *testing.T) {
	for _, transport := range []string{"pipe", "socket", "shm"} {
		t.Run(transport, func(t *testing.T) {
			l := process.New(process.Config{
				Processes: 4, Command: []string{os.Args[0]}, Transport: transport,
				Env: append(os.Environ(), role+"=takes the seat", seatFile+"="+filepath.Join(t.TempDir(), "seat")),
			})
			defer l.Close()
			for range 3 {
				for i, r := range run(t.Context(), l, slices.Repeat([]string{"pid"}, 2000)...) {
					if r.Err != nil {
						t.Fatalf("task %d: %v", i, r.Err)
					}
				}
			}
		})
	}
}

func init() {
	moreRoles["takes the seat"] = func() {
		f, err := os.OpenFile(os.Getenv(seatFile), os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			os.Exit(1)
		}
		f.Close()
		time.Sleep(200 * time.Millisecond) // the others have left when it says hello
		process.ServeStdio(context.Background(), &levels.Serial{Funcs: funcs()})
	}
}

// Who ends ctx as soon as Run has returned, as everybody does, kills no worker.
func TestCancelBehindRun(t *testing.T) {
	l := process.New(process.Config{Processes: 2})
	defer l.Close()
	pids := map[string]bool{}
	for range 500 {
		ctx, cancel := context.WithCancel(t.Context())
		results := run(ctx, l, slices.Repeat([]string{"pid"}, 10)...)
		cancel()
		for _, r := range results {
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			pids[string(r.Output)] = true
		}
	}
	if len(pids) > 2 {
		t.Errorf("there were %d workers, want 2", len(pids))
	}
}

// A task may leave a process behind that holds the worker's stderr. That is no fault of
// the worker's, and it is not waited for.
func TestDaemon(t *testing.T) {
	l := open(t, process.Config{}) // which checks the error of Close
	if r := run(t.Context(), l, "daemon")[0]; r.Err != nil {
		t.Fatal(r.Err)
	}
}

func init() {
	moreRoles["lingers"] = func() { time.Sleep(time.Second) }
	moreFuncs["daemon"] = func(context.Context, []byte) ([]byte, error) {
		cmd := exec.Command(os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), role+"=lingers"), os.Stderr
		return nil, cmd.Start()
	}
}
