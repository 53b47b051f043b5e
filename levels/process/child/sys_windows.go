package child

import "syscall"

// attributes puts a child into a process group of its own, which Ctrl-C at the
// console does not reach. There is no tether.
func attributes(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
