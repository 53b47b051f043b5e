package probe

import (
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// Two threads on one core do the work of one, whatever is promised.
func TestCoresOnOneCPU(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	for i := range 1024 {
		if before.IsSet(i) {
			one.Set(i)
			break
		}
	}
	command := self(t, "play-cores")
	var r CoresResult
	for range 5 { // on a busy machine what is delivered changes from one moment to the next
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
		if err := unix.SchedSetaffinity(0, &one); err != nil {
			t.Fatal(err)
		}
		said, err := cmd.Output() // the child inherits the mask of this thread
		if restored := unix.SchedSetaffinity(0, &before); err != nil || restored != nil {
			t.Fatal(err, restored)
		}
		if err := json.Unmarshal(said, &r); err != nil {
			t.Fatal(err)
		}
		if r.Affinity != 1 || r.CPUs != 1 || r.Procs != 2 {
			t.Fatalf("have %+v, want 1 core of 2 promised", r)
		}
		if r.Delivered > 0.5 && r.Delivered < 1.5 {
			return
		}
	}
	t.Errorf("have %+v, want 1 core delivered", r)
}
