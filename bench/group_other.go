//go:build !unix

package bench

import "os/exec"

// interruptible leaves cmd as it is where there are no interrupts: it is killed
// when its context ends.
func interruptible(*exec.Cmd) {}
