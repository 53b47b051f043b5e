package child

import "syscall"

// attributes puts a child into a process group of its own. A tethered one is
// killed by the kernel when the thread that started it ends.
func attributes(tethered bool) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if tethered {
		a.Pdeathsig = syscall.SIGKILL
	}
	return a
}
