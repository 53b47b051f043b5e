// Package lock lets one harness at a time write to a folder.
//
// Two runs that measure at once disturb each other, and neither notices. The
// second is turned away before it has measured anything.
//
// The lock is the kernel's, on an open file, and ends with the process that
// opened it, however that ends. A lock that is only a file that exists would
// stay behind after a kill, and then somebody has to judge whether its owner is
// still alive.
package lock

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// Name is the file in the folder that is locked. It stays there for the next
// one: to delete it would let two processes lock two files of one name.
const Name = ".lock"

// A Lock keeps others out of a folder, until it is released or this process
// ends. A child of this process does not keep it: the file is closed in it. Nor
// does a Lock that nobody refers to any more, as the garbage collector closes
// its file; a deferred Release is a reference.
type Lock struct {
	file *flock.Flock
}

// Take locks a folder, which it makes if need be, and never waits. If another
// run has the lock, in this process or another, the error says which.
func Take(dir string) (*Lock, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		if _, why := os.Stat(dir); why != nil && errors.Is(err, fs.ErrExist) {
			err = fmt.Errorf("a link there leads to no folder: %w", why)
		}
		return nil, fmt.Errorf("%s: no run can be written here: %w", dir, err)
	}
	path := filepath.Join(dir, Name)
	// Open for writing too: on NFS an exclusive lock needs that, see flock(2).
	file := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o666))
	taken, err := file.TryLock()
	if err != nil {
		return nil, fmt.Errorf("%s: no run can be written here: %w", dir, err)
	}
	if !taken {
		return nil, fmt.Errorf("%s: another run is writing here%s, wait for it", dir, holder(path, time.Now()))
	}
	l := &Lock{file}
	if err := sign(path, os.Getpid(), time.Now()); err != nil {
		l.Release()
		return nil, fmt.Errorf("%s: no run can be written here: %w", dir, err)
	}
	return l, nil
}

// Release lets the next one in. A second call does nothing.
func (l *Lock) Release() error { return l.file.Close() }

// The holder signs after the first byte. On Windows that byte is what is locked,
// and nobody else may read or write it, not even the holder by another handle.
const signature = 1

// sign writes who holds the lock, for the message only. What was in the file
// before may be longer; the line ends what counts.
func sign(path string, pid int, began time.Time) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	line := fmt.Sprintf("%d %s\n", pid, began.UTC().Format(time.RFC3339))
	_, err = f.WriteAt([]byte(line), signature)
	return err
}

// holder reads who holds the lock: " (pid 1234, since 12:00:05)", or nothing if
// the file does not say. In the moment before the holder signs it is the one
// before.
func holder(path string, now time.Time) string {
	f, err := strict.Open(path) // which never waits, whatever has that name
	if err != nil {
		return ""
	}
	defer f.Close()
	start := make([]byte, 64)
	n, _ := f.ReadAt(start, signature) // a short file is not an error
	line, _, whole := bytes.Cut(start[:n], []byte("\n"))
	var pid int
	var when string
	if _, err := fmt.Sscanf(string(line), "%d %s", &pid, &when); err != nil || !whole || pid <= 0 {
		return ""
	}
	began, err := time.Parse(time.RFC3339, when)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(" (pid %d, since %s)", pid, clock(began.In(now.Location()), now))
}

// clock is a time of day, with the date if that is not today.
func clock(t, now time.Time) string {
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format(time.DateTime)
}
