package pool

import "io"

// A Worker is a process that runs Work. It is given: you do not change this file.
type Worker struct {
	In   io.Writer    // its standard input
	Out  io.Reader    // its standard output
	Stop func() error // ends its standard input, and waits until the process is gone
}
