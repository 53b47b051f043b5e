//go:build unix

package bench

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/fourlevels/fourlevels/bench/samples"
)

func TestMeasure(t *testing.T) {
	r, p := runner(t)
	p.Quiet, p.Patience = 1e-9, 50*time.Millisecond // about never quiet, where anything is told
	s, err := OpenSession(t.Context(), r, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var waited time.Duration
	const times = 5
	for range times {
		m, err := s.Measure(t.Context(), r.Binary, s.Plan.Cells()[0])
		if err != nil {
			t.Fatal(err)
		}
		waited += m.Waited
		for _, result := range m.Results {
			disturbed(t, result)
		}
	}
	const look = 2 * time.Second // which should be 30 ms
	if most := s.Plan.Patience + times*look; waited > most {
		t.Errorf("waited %v with a patience of %v", waited, s.Plan.Patience)
	}
}

// disturbed wants a result to tell what disturbed it, where the system does.
func disturbed(t *testing.T, r *benchfmt.Result) {
	t.Helper()
	for _, unit := range []string{"steal-%", "others-%", "ctxsw"} {
		v, ok := r.Value(unit)
		if !ok && runtime.GOOS == "linux" || v < 0 || !samples.Known(unit) || unit != "ctxsw" && v > 100 {
			t.Errorf("%s is %v, %t", unit, v, ok)
		}
	}
}

// What a Redis that was given uses cannot be told from what others do.
func TestOwnUse(t *testing.T) {
	r, p := runner(t)
	s, err := OpenSession(t.Context(), r, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Plan.Redis = "redis://host"
	for level, known := range map[string]bool{"thread": true, "machine/queue": false} {
		if got := s.own(Cell{Spec: spec(t, level)}) != nil; got != known {
			t.Errorf("our use at %s is known: %t", level, got)
		}
	}
}

func TestEntries(t *testing.T) {
	m := &Measured{Took: 2 * time.Second, Waited: time.Second, Loud: true}
	got := m.Entries(3, true, []string{"a", "b"}, nil)
	want := samples.Entry{Round: 3, Cell: "b", Twin: true, OK: true, Seconds: 2, Waited: 1, Loud: true}
	if len(got) != 2 || got[1] != want {
		t.Errorf("have %+v", got)
	}
}
