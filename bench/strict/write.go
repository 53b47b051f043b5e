package strict

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file that is there as a whole then, for everybody to read, or as it was
// before: also on a full disk, or if the machine fails meanwhile. Its folder must be there.
func Write(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return named(path, err)
	}
	err = write(f)
	if err = cmp.Or(err, f.Chmod(0o644), f.Sync()); err != nil {
		return errors.Join(named(path, err), f.Close(), os.Remove(f.Name()))
	}
	if err = cmp.Or(f.Close(), os.Rename(f.Name(), path)); err != nil {
		return errors.Join(named(path, err), os.Remove(f.Name()))
	}
	return nil
}

// WriteFile does so with a text that is there already.
func WriteFile(path string, text []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// named is err with the name of the file that was asked for. Who asked knows of no other.
func named(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: "write", Path: path, Err: e.Err}
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return &fs.PathError{Op: "write", Path: path, Err: e.Err}
	}
	return err
}
