package gil

import "syscall"

// threadID tells threads apart.
func threadID() int { return syscall.Gettid() }
