package grade

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Virtual runs a test where time is virtual: see testing/synctest. Goroutines that wait for
// each other, or are left behind, are seen at once; those that stop the clock, soon.
func Virtual(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	_, file, line, _ := runtime.Caller(1)
	alarm := time.AfterFunc(patience, func() {
		says, traces := stuck(stacks())
		fmt.Printf("    %s:%d: not yet: %s\n%s\n", filepath.Base(file), line, says, traces)
		os.Exit(1) // nobody can end them
	})
	defer alarm.Stop()
	failed := false // a test that fails may leave behind whom it would have waited for
	defer func() {
		t.Helper()
		what := recover()
		switch said := fmt.Sprint(what); {
		case what == nil:
		case failed:
			t.FailNow()
		case strings.Contains(said, "has exited"):
			NotYet(t, "it has returned, but left goroutines behind that wait for ever")
		case strings.Contains(said, "deadlock"):
			NotYet(t, "every goroutine waits for another, and so all for ever")
		default:
			panic(what)
		}
	}()
	synctest.Test(t, func(t *testing.T) {
		defer func() { failed = t.Failed() }()
		test(t)
	})
}

// patience is how much real time a virtual test may take. It takes milliseconds: this is
// for programs that keep virtual time from passing, by computing for ever or by waiting at a
// mutex, which does not count as waiting there.
var patience = 10 * time.Second

// stuck says why virtual time does not pass, and whose traces show it.
func stuck(all string) (says, traces string) {
	var atLock, busy, waiting []string
	for trace := range strings.SplitSeq(all, "\n\n") {
		state, _, _ := strings.Cut(trace, "\n")
		switch {
		case !strings.Contains(state, "synctest bubble"): // it lives in real time
		case strings.Contains(state, "[sync.Mutex") || strings.Contains(state, "[sync.RWMutex"):
			atLock = append(atLock, trace)
		case strings.Contains(state, "[runn"): // running, runnable
			busy = append(busy, trace)
		default:
			waiting = append(waiting, trace)
		}
	}
	switch {
	case len(atLock) > 0:
		return "somebody holds a lock and waits, or never gives it back, and others wait at the lock", strings.Join(atLock, "\n\n")
	case len(busy) > 0:
		return "it goes on and on, and does not end", strings.Join(busy, "\n\n")
	}
	return "it waits for something that never comes", strings.Join(waiting, "\n\n")
}

// stacks are the traces of all goroutines.
func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}
