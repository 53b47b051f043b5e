// Package scratch makes folders for temporary files that do not stay for ever when their
// program is killed, and cannot remove them.
//
// Each has a file beside it that is locked as long as the program lives: the lock is the
// kernel's, and ends with the process, however that ends. Whoever makes the next folder first
// removes those whose lock is free. A mark with the owner's process id would not do: another
// process may have that number by now.
package scratch

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

const (
	prefix = "fourlevels-"
	owner  = "owner.lock"
)

// A Folder is for the temporary files of this process. Others keep off as long as it is not
// closed, and is referred to: a lock that is garbage is closed.
type Folder struct {
	Path string

	home string // Path and the lock
	lock *flock.Flock
}

// New makes a folder below [os.TempDir], and removes those there whose programs were killed.
// What is its last name, for whoever looks around. Close it.
func New(what string) (*Folder, error) {
	Sweep(os.TempDir())
	for range 10 { // who is swept before the lock is taken begins again
		f, err := newFolder(os.TempDir(), what)
		if f != nil || err != nil {
			return f, err
		}
	}
	return nil, fmt.Errorf("folder for temporary files in %s: others sweep each away", os.TempDir())
}

// newFolder returns nil if somebody has swept the folder meanwhile, or is about to.
func newFolder(temp, what string) (*Folder, error) {
	home, err := os.MkdirTemp(temp, prefix)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(home, owner)
	f := &Folder{Path: filepath.Join(home, what), home: home, lock: flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))}
	taken, err := f.lock.TryLock()
	if errors.Is(err, fs.ErrNotExist) || err == nil && !(taken && f.isThere(path)) {
		f.lock.Close()
		return nil, nil
	}
	if err == nil {
		err = os.Mkdir(f.Path, 0o700)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// isThere reports whether the file that is locked is still the one by that name.
func (f *Folder) isThere(path string) bool {
	locked, err := f.lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(locked, named)
}

// Close removes the folder, with all that is in it.
func (f *Folder) Close() error { return remove(f.home, f.lock) }

// remove removes a folder under its lock, and the lock when all else is gone: without it the
// next sweep would not find what is left. Windows does not let go of a file that is open: there
// the lock goes last, and without it.
func remove(home string, lock *flock.Flock) error {
	entries, _ := os.ReadDir(home) // none if it is gone
	var err error
	for _, e := range entries {
		if e.Name() != owner {
			err = errors.Join(err, os.RemoveAll(filepath.Join(home, e.Name())))
		}
	}
	if err != nil {
		return errors.Join(err, lock.Close())
	}
	err = os.RemoveAll(home)
	if closed := lock.Close(); runtime.GOOS != "windows" {
		return errors.Join(err, closed)
	}
	return os.RemoveAll(home)
}

// Sweep removes the folders below temp that belong to this user and whose programs are dead.
// What cannot be removed stays for the next time.
func Sweep(temp string) {
	entries, _ := os.ReadDir(temp)
	for _, e := range entries {
		if ok, _ := filepath.Match(prefix+"[0-9]*", e.Name()); !ok || !e.IsDir() || !own(e) {
			continue
		}
		home := filepath.Join(temp, e.Name())
		lock := flock.New(filepath.Join(home, owner), flock.SetFlag(os.O_RDWR)) // not made: its owner may just begin
		taken, err := lock.TryLock()
		if taken && err == nil {
			remove(home, lock)
			continue
		}
		lock.Close()
		if errors.Is(err, fs.ErrNotExist) {
			os.Remove(home) // if it is empty; its owner was killed, or begins again
		}
	}
}
