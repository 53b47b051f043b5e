//go:build unix

package probe

import "syscall"

// systemCall enters the kernel and leaves it again.
var systemCall = func() { syscall.Getppid() }

// fileLimit answers how many files this process may have open. Go has by now
// raised the soft limit to the hard one.
func fileLimit() (uint64, bool) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return uint64(limit.Cur), true
}
