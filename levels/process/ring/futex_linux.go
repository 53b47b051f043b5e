package ring

import (
	"math"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Operations of futex(2), which x/sys does not name. Both are those between
// processes: the private ones, which are a little faster, find waiters of the
// same process only.
const (
	opWait = 0
	opWake = 1
)

// nap is the longest that anybody sleeps without looking around. A peer that
// was killed wakes nobody; this bounds what a hang-up that it never saw, or a
// lost wake-up, can cost. Its price is ten wake-ups a second for each waiter.
const nap = 100 * time.Millisecond

// futexWait sleeps until somebody wakes it, while word is 1. It may return for
// no reason at all.
func futexWait(word *atomic.Uint32) error {
	timeout := unix.NsecToTimespec(int64(nap))
	// Not RawSyscall6: the scheduler must know that this thread is away.
	_, _, errno := unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), opWait, 1,
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
	switch errno {
	case 0, unix.EAGAIN, unix.EINTR, unix.ETIMEDOUT:
		return nil
	}
	return os.NewSyscallError("futex", errno) // such as a sandbox that forbids it: not to be tried forever
}

// futexWake wakes all who sleep on word. It never blocks, so the scheduler need
// not know.
func futexWake(word *atomic.Uint32) {
	unix.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), opWake, math.MaxInt32, 0, 0, 0)
}
