package noise

import (
	"testing"
	"time"
)

// On Linux there is /proc/stat at least, and a test that wakes up makes switches.
func TestWatchOnLinux(t *testing.T) {
	w := Watch(nil)
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(ms) {
		r := w.Stop()
		if !r.Known {
			t.Fatalf("have %+v", r)
		}
		if r.Switches > 0 && r.Steal != Unknown { // a tick has passed
			return
		}
	}
	t.Error("no tick in a minute")
}
