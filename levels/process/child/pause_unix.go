//go:build unix

package child

import "syscall"

// Pause stops the process where it is, as SIGSTOP does: it is not dead, and does nothing.
func (p *Process) Pause() error { return p.cmd.Process.Signal(syscall.SIGSTOP) }

// Resume has it go on.
func (p *Process) Resume() error { return p.cmd.Process.Signal(syscall.SIGCONT) }
