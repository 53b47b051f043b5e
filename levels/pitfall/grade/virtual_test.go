package grade

import (
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) { Main(m, counted) }

// faults are what a student's goroutines do wrong, and what is said of it.
var faults = map[string]struct {
	does func(*testing.T)
	says string
}{
	"leaves":             {func(*testing.T) { go func() { <-make(chan int) }() }, "not yet: it has returned, but left goroutines behind that wait for ever"},
	"hangs":              {func(*testing.T) { <-make(chan int) }, "not yet: every goroutine waits for another, and so all for ever"},
	"wrong":              {func(t *testing.T) { NotYet(t, "one\ncup") }, "not yet: one cup"},
	"sleeps with a lock": {sleepsWithALock, "not yet: somebody holds a lock and waits, or never gives it back"},
	"keeps a lock":       {locksTwice, "not yet: somebody holds a lock and waits, or never gives it back"},
	"computes":           {computes, "not yet: it goes on and on"},
	"ticks":              {ticks, "not yet: it goes on and on"},
}

func sleepsWithALock(*testing.T) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			mu.Lock()
			time.Sleep(time.Hour)
			mu.Unlock()
		})
	}
	wg.Wait()
}

func locksTwice(*testing.T) {
	var mu sync.RWMutex
	mu.RLock()
	mu.Lock()
}

func computes(*testing.T) {
	for n := 0; ; n++ {
		if n < 0 {
			n = 0
		}
	}
}

func ticks(*testing.T) {
	for {
		time.Sleep(time.Second)
	}
}

// Each fault is that of a test in a process of its own; the test after it does not run.
func TestVirtual(t *testing.T) {
	if fault, ok := faults[os.Getenv("GRADE_FAULT")]; ok {
		patience = time.Second
		Virtual(t, fault.does)
		return
	}
	for name, fault := range faults {
		self := exec.Command(os.Args[0], "-test.run=^TestVirtual$|^TestVirtualPasses$")
		self.Env = append(os.Environ(), "GRADE_FAULT="+name)
		said, err := self.CombinedOutput()
		if err == nil || strings.Count(string(said), "not yet: ") != 1 || !strings.Contains(string(said), fault.says) {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
		if strings.Contains(string(said), "TestVirtualPasses") {
			t.Errorf("%s: the next test ran\n%s", name, said)
		}
	}
}

func TestVirtualPasses(t *testing.T) {
	Virtual(t, func(*testing.T) {})
	if os.Getenv("GRADE_FAULT") != "" {
		t.Error("the test before it has failed")
	}
}
