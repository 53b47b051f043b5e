package notshared

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The fixed program lets go of the lock when it fails, or nobody would ever add again.
func TestLockIsLetGo(t *testing.T) {
	number, err := Open(filepath.Join(t.TempDir(), "number"))
	if err != nil {
		t.Fatal(err)
	}
	number.Close() // so that it cannot be read
	if err := fixed(number); !errors.Is(err, os.ErrClosed) {
		t.Errorf("err = %v, want that the file is closed", err)
	}
	if _, err := os.Stat(number.lock); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("err = %v: the lock is still there", err)
	}
}

// Only a lock that somebody has is waited for.
func TestLockThatCannotBe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	number := &Number{lock: filepath.Join(dir, "number.lock")}
	start := time.Now()
	if err := number.Lock(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("err = %v after %v, want at once that there is no such folder", err, time.Since(start))
	}
}
