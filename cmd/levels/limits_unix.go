//go:build unix

package main

import (
	"fmt"
	"syscall"

	"github.com/fourlevels/fourlevels/bench"
)

// fewest is how many files the program has open before it has any of a level. With fewer
// Go's runtime cannot wait for anything, and ends with a trace of its own.
const fewest = 16

// enoughFiles says so if the system allows fewer.
func enoughFiles() error {
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err != nil || files.Cur >= fewest {
		return nil
	}
	return bench.Environment(fmt.Errorf("ulimit -n is %d: allow %d open files at least, and some for each worker", files.Cur, fewest))
}
