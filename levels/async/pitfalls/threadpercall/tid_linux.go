package threadpercall

import "syscall"

// thread is the number of the thread that this runs on.
func thread() int { return syscall.Gettid() }
