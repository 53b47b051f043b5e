//go:build unix

package lock

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// takeAs is what a child does. In a folder named "readonly" it stops being root
// first, for whom there are no read-only folders. It enters the folder before
// that, as those above it are closed to others.
func takeAs(dir string) (*Lock, error) {
	if filepath.Base(dir) == "readonly" {
		if err := os.Chdir(dir); err != nil {
			return nil, err
		}
		dir = "."
		if os.Geteuid() == 0 {
			const nobody = 65534
			if err := syscall.Setuid(nobody); err != nil {
				return nil, err
			}
		}
	}
	return Take(dir)
}

func TestReadOnlyFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "readonly")
	if err := os.Mkdir(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	_, said := spawn(t, dir)
	explained(t, said, ".")
	if !strings.Contains(said, "permission denied") {
		t.Errorf("have %q, want the reason", said)
	}
}
