package notshared

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"
)

// A Number lives in a file, where all processes see it.
type Number struct {
	f    *os.File
	lock string // the name of a file that is there while a process has the number for itself
}

// Open opens the number that is kept in a file; the first to open it makes it 0.
func Open(path string) (*Number, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	return &Number{f, path + ".lock"}, err
}

// Close closes the file.
func (n *Number) Close() error { return n.f.Close() }

// Load reads the number.
func (n *Number) Load() (int, error) {
	var b [8]byte
	if _, err := n.f.ReadAt(b[:], 0); err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint64(b[:])), nil
}

// Store writes it.
func (n *Number) Store(value int) error {
	_, err := n.f.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(value)), 0)
	return err
}

// Lock waits until no other process has the number for itself, and then has it.
//
// Only one process at a time can make a new file of the same name, on every system. If it
// dies, the file stays, and nobody gets on: flock and LockFileEx are better locks, for the
// kernel opens them then.
func (n *Number) Lock() error {
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(100 * time.Microsecond) {
		f, err := os.OpenFile(n.lock, os.O_CREATE|os.O_EXCL, 0o600)
		if err == nil {
			return f.Close()
		}
		if !taken(err) {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the lock is not to be had: %w", err)
		}
	}
}

// taken reports whether the lock could not be made because somebody has it. On Windows a
// file that is being removed may not be opened until it is gone.
func taken(err error) bool {
	return errors.Is(err, fs.ErrExist) || runtime.GOOS == "windows" && errors.Is(err, fs.ErrPermission)
}

// Unlock lets the others have it.
func (n *Number) Unlock() error { return os.Remove(n.lock) }
