//go:build !linux

package ring

import (
	"errors"
	"fmt"
	"os"
)

var errUnsupported = fmt.Errorf("ring: shared memory between processes needs Linux: %w", errors.ErrUnsupported)

// A Ring is an end of two streams. There is none on this system.
type Ring struct{}

// New fails: there are no rings on this system.
func New(int) (*Ring, *os.File, error) { return nil, nil, errUnsupported }

// Open closes the file and fails: there are no rings on this system.
func Open(file *os.File) (*Ring, error) { return nil, errors.Join(errUnsupported, file.Close()) }

// Read fails.
func (*Ring) Read([]byte) (int, error) { return 0, errUnsupported }

// Write fails.
func (*Ring) Write([]byte) (int, error) { return 0, errUnsupported }

// HangUp does nothing.
func (*Ring) HangUp() {}

// Close does nothing.
func (*Ring) Close() error { return nil }
