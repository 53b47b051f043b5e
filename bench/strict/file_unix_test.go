//go:build unix

package strict_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/fourlevels/fourlevels/bench/strict"
)

// Whatever is no file is refused at once: a pipe without a writer, a device without an end.
func TestOnlyFilesAreRead(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700),
		os.Symlink("/dev/zero", at("zero")), os.Symlink("loop", at("loop")), os.Symlink(at("pipe"), at("link")),
		os.WriteFile(at("long"), make([]byte, 1025), 0o600), os.WriteFile(at("good"), make([]byte, 1024), 0o600)); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for name, want := range map[string]string{
		"pipe": "it is a pipe", "link": "it is a pipe", "socket": "it is a socket", "folder": "it is a folder", "zero": "it is a device",
		"long": "longer than 1 KiB", "loop": "too many levels of symbolic links", "none": "no such file", "good": "",
	} {
		text, err := strict.ReadFile(at(name), 1024)
		if want == "" && (err != nil || len(text) != 1024) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %d bytes, %v; want %q", name, len(text), err, want)
		}
		var path *fs.PathError
		if err != nil && !errors.As(err, &path) {
			t.Errorf("%s: %v has no path", name, err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := strict.ReadIn(root, "pipe", 1024); err == nil || !strings.Contains(err.Error(), "it is a pipe") {
		t.Errorf("a pipe in a folder: %v", err)
	}
	if text, err := strict.ReadIn(root, "good", 1024); err != nil || len(text) != 1024 {
		t.Errorf("a file in a folder: %d bytes, %v", len(text), err)
	}
	if _, err := strict.ReadIn(root, "zero", 1024); err == nil || !strings.Contains(err.Error(), "escapes") {
		t.Errorf("a link out of a folder: %v", err)
	}
}

// A file that is longer than it may be costs nothing, and one of the kernel's, which say
// that they are empty, no more than was allowed.
func TestReadIsBounded(t *testing.T) {
	sparse := filepath.Join(t.TempDir(), "sparse")
	if err := errors.Join(os.WriteFile(sparse, nil, 0o600), os.Truncate(sparse, 2<<30)); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := strict.ReadFile(sparse, 256<<20); err == nil || !strings.Contains(err.Error(), "longer than 256 MiB") {
		t.Errorf("2 GiB: %v", err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("to refuse 2 GiB took %d bytes", took)
	}
	if runtime.GOOS != "linux" {
		return
	}
	if _, err := strict.ReadFile("/proc/self/smaps", 1024); err == nil || !strings.Contains(err.Error(), "longer than 1 KiB") {
		t.Errorf("a file of the kernel: %v", err)
	}
}
