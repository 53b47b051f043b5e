package strict_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// What cannot be written to its end leaves what was there, and nothing beside it.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	broken := errors.New("broken")
	half := func(w io.Writer) error {
		fmt.Fprint(w, "ha")
		return broken
	}
	for _, was := range []string{"", "old"} {
		if err := strict.Write(path, half); !errors.Is(err, broken) {
			t.Errorf("have %v, want %v", err, broken)
		}
		entries, err := os.ReadDir(dir)
		if text, _ := os.ReadFile(path); string(text) != was || err != nil || len(entries) > 1 {
			t.Errorf("there is %q, want %q, and %v, %v", text, was, entries, err)
		}
		if err := strict.WriteFile(path, []byte("old")); err != nil {
			t.Error(err)
		}
	}
}

// An error names the file that was asked for, not the one beside it.
func TestWriteNames(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{filepath.Join(dir, "none", "file"), dir} {
		err := strict.WriteFile(path, nil)
		e, ok := errors.AsType[*fs.PathError](err)
		if !ok || e.Path != path || strings.Contains(err.Error(), "-") {
			t.Errorf("%v, want one about %s", err, path)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(entries) > 1 {
		t.Errorf("beside it: %v, %v", entries, err)
	}
}
