package strict

import (
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"syscall"
)

// Open opens a regular file, of any length.
func Open(path string) (*os.File, error) { return open(anywhere{}, path, math.MaxInt64) }

// ReadFile reads a regular file of at most limit bytes, all of it.
func ReadFile(path string, limit int64) ([]byte, error) { return read(anywhere{}, path, limit) }

// ReadIn does so for a name in a folder, out of which no link leads.
func ReadIn(root *os.Root, name string, limit int64) ([]byte, error) { return read(root, name, limit) }

// A place is where names lead to files.
type place interface {
	Stat(name string) (fs.FileInfo, error)
	OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error)
}

type anywhere struct{}

func (anywhere) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

func (anywhere) OpenFile(name string, flag int, perm fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, perm)
}

// open looks before it opens, since to open a device may do something; and again behind
// that, since the name may lead elsewhere by then. Even so it never waits for the writer of
// a pipe.
func open(p place, name string, limit int64) (*os.File, error) {
	info, err := p.Stat(name)
	if err := cannot(name, info, err, limit); err != nil {
		return nil, err
	}
	f, err := p.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err = f.Stat()
	if err := cannot(name, info, err, limit); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func read(p place, name string, limit int64) ([]byte, error) {
	f, err := open(p, name, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit { // it grows, or is one of the kernel's, which say that they are empty
		err = &fs.PathError{Op: "read", Path: name, Err: tooLong(limit)}
	}
	return text, err
}

// cannot says why a file is not read, or nil.
func cannot(name string, info fs.FileInfo, err error, limit int64) error {
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("it is %s: give a file", kind(info.Mode()))}
	case info.Size() > limit:
		return &fs.PathError{Op: "read", Path: name, Err: tooLong(limit)}
	}
	return nil
}

func tooLong(limit int64) error {
	size := fmt.Sprintf("%d KiB", limit>>10)
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return fmt.Errorf("it is longer than %s: is it another file?", size)
}

// kind says what is no regular file.
func kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeNamedPipe != 0:
		return "a pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}
