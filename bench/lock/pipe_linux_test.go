package lock_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fourlevels/fourlevels/bench/lock"
)

// Who made a pipe of the lock, and holds it, keeps nobody waiting.
func TestLockIsAPipe(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, lock.Name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Take(dir); err == nil || !strings.Contains(err.Error(), "no run can be written here") {
		t.Errorf("a pipe is no lock: %v", err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Take(dir); err == nil || !strings.Contains(err.Error(), "another run is writing here") {
		t.Errorf("the pipe is locked: %v", err)
	}
}
