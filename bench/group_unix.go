//go:build unix

package bench

import (
	"os/exec"
	"syscall"
)

// interruptible makes the end of cmd's context an interrupt, for cmd and all that
// it started. By itself the go command would leave its compilers and its linker
// running.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}
