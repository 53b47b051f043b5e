//go:build unix && !linux

package child

import "syscall"

// attributes puts a child into a process group of its own. There is no tether.
func attributes(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
