package scratch_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/levels/scratch"
)

// What cannot be removed goes with a later sweep.
func TestNextSweepTakesTheRest(t *testing.T) {
	temp := inUse(t)
	killed := startOwner(t)
	killed.Process.Kill()
	killed.Wait()
	stays := filepath.Join(killed.path, "stays")
	if err := errors.Join(os.Mkdir(stays, 0o700), os.WriteFile(filepath.Join(stays, "file"), nil, 0o600), os.Chmod(stays, 0o500)); err != nil {
		t.Fatal(err)
	}
	if err := weak(func() { scratch.Sweep(temp) }); err != nil {
		t.Fatal(err)
	}
	if !isThere(stays) {
		t.Error("all is gone, so nothing is shown")
	} else if err := os.Chmod(stays, 0o700); err != nil {
		t.Fatal(err)
	}
	scratch.Sweep(temp)
	isEmpty(t, temp)
}

// weak calls f as somebody who has to obey the modes of files, which root has not.
func weak(f func()) error {
	runtime.LockOSThread() // capabilities are a thread's
	defer runtime.UnlockOSThread()
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var was [2]unix.CapUserData
	if err := unix.Capget(&head, &was[0]); err != nil {
		return err
	}
	less := was
	less[0].Effective &^= 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_FOWNER
	if err := unix.Capset(&head, &less[0]); err != nil {
		return err
	}
	f()
	return unix.Capset(&head, &was[0])
}
