package fleet_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/fleet"
	"github.com/fourlevels/fourlevels/bench/live"
	"github.com/fourlevels/fourlevels/levels"
)

// ends is a sink that counts the tasks that ended, by lane.
type ends struct {
	mu    sync.Mutex
	tasks map[int]string
}

func (*ends) Now() time.Duration { return time.Second }

func (e *ends) Span(s live.Span) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.T1 != 0 {
		e.tasks[s.Task] = s.Lane
	}
}

// Workers tell a show what they run, wherever the innermost level is.
func TestWorkersReport(t *testing.T) {
	for _, name := range []string{"process:2", "machine/rpc:1>async:2", "machine/rpc:1>process:1"} {
		spec, err := fleet.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		sink := &ends{tasks: map[int]string{}}
		k, err := live.Collect(sink, live.CollectorConfig{})
		if err != nil {
			t.Fatal(err)
		}
		c := config()
		c.Env = append(fleet.Env(), k.Env())
		l := open(t, spec, c)
		for _, r := range l.Run(t.Context(), live.Number([]levels.Task{{Func: "echo", Input: []byte("a")}, {Func: "echo", Input: []byte("b")}})) {
			if r.Err != nil || len(r.Output) != 1 {
				t.Errorf("%s: %q, %v", name, r.Output, r.Err)
			}
		}
		if err := l.Close(); err != nil { // workers send what is left before they go
			t.Error(err)
		}
		waitUntil(t, func() bool {
			sink.mu.Lock()
			defer sink.mu.Unlock()
			return len(sink.tasks) == 2
		})
		if n := len(k.Skews()); strings.HasPrefix(name, "machine") && n != 1 {
			t.Errorf("%s: %d workers reported, want the innermost one", name, n)
		}
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A worker that is told of a show that is not there says so.
func TestNoShow(t *testing.T) {
	spec, err := fleet.Parse("machine/rpc:1")
	if err != nil {
		t.Fatal(err)
	}
	c := config()
	c.Env = append(fleet.Env(), live.Environment+"=127.0.0.1:1 token")
	if _, err := fleet.Open(t.Context(), spec, c); err == nil || !strings.Contains(err.Error(), "report to a show") {
		t.Errorf("error is %v, want that there is no show", err)
	}
}

// waitUntil waits for a condition that other goroutines make true.
func waitUntil(t *testing.T, holds func() bool) {
	t.Helper()
	for late := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(late) {
			t.Fatal("it did not come true")
		}
	}
}
