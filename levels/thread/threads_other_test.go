//go:build !linux

package thread_test

import (
	"runtime/pprof"
	"testing"
)

// threads counts the threads that the runtime knows.
func threads(*testing.T) int { return pprof.Lookup("threadcreate").Count() }
