package load

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// nap is the longest sleep that the thread itself sleeps.
const nap = 2 * time.Millisecond

// punctual makes the calling goroutine's naps end within some microseconds, until undo
// is called: Linux may add 50 us to the sleep of a thread that does not ask it not to.
func punctual() (undo func()) {
	runtime.LockOSThread()
	unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	return func() {
		unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // 0 is the default
		runtime.UnlockOSThread()
	}
}

// doze sleeps in the kernel, where a timer of Go in an idle program would wait for a
// poller that counts in milliseconds.
func doze(d time.Duration) {
	ts := unix.NsecToTimespec(int64(d))
	unix.Nanosleep(&ts, nil) // if a signal ends it early the caller sleeps again
}
