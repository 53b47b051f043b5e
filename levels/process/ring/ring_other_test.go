//go:build !linux

package ring_test

import (
	"errors"
	"os"
	"testing"

	"github.com/fourlevels/fourlevels/levels/process/ring"
)

func TestUnsupported(t *testing.T) {
	if _, _, err := ring.New(0); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("New: %v", err)
	}
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ring.Open(file); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Open: %v", err)
	}
	if file.Close() == nil {
		t.Error("Open left the file open")
	}
}
