package leak_test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/leak"
)

// What leaves nothing is not accused, whatever it uses meanwhile.
func TestNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	report, err := leak.Check{Cycles: 50}.Run(t.Context(), func(context.Context) error {
		f, err := os.CreateTemp("", "")
		if err != nil {
			return err
		}
		done := make(chan struct{})
		go close(done)
		<-done
		f.Close()
		return os.Remove(f.Name())
	})
	if err != nil || len(report.Leaks()) > 0 {
		t.Errorf("%v, %v", err, report.Leaks())
	}
	if !strings.Contains(report.String(), "goroutines ") {
		t.Errorf("the report says nothing of goroutines: %v", report)
	}
}

// The first cycles may fill what stays: that is no leak.
func TestWarm(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	n := 0
	report, err := leak.Check{Cycles: 20, Warm: 3}.Run(t.Context(), func(context.Context) error {
		if n++; n > 3 {
			return nil
		}
		_, err := os.CreateTemp("", "")
		return err
	})
	if err != nil || len(report.Leaks()) > 0 || report.Before[leak.Temporary] != 3 {
		t.Errorf("%v, %v", err, report)
	}
}

// A cycle that fails ends the check.
func TestFailure(t *testing.T) {
	_, err := leak.Check{}.Run(t.Context(), func(context.Context) error { return os.ErrInvalid })
	if err == nil || !strings.Contains(err.Error(), "cycle 1: ") {
		t.Errorf("err = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (leak.Check{}).Run(ctx, func(context.Context) error { return nil }); err == nil {
		t.Error("it goes on though ctx has ended")
	}
}

// wantCaught runs a twin that leaks one thing a cycle, or two, and checks that it is accused
// of that, and of no more. Of threads and memory the runtime has its own share, and what is
// in the heap is memory of the process, too.
func wantCaught(t *testing.T, check leak.Check, cycle func() error, kinds ...string) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	check.Wait = 100 * time.Millisecond // none of it ends by itself
	report, err := check.Run(t.Context(), func(context.Context) error { return cycle() })
	if err != nil {
		t.Fatal(err)
	}
	var caught []string
	for _, line := range report.Leaks() {
		kind, rest, _ := strings.Cut(line, ": ")
		caught = append(caught, kind)
		if kind != leak.Heap && kind != "memory" && kind != leak.Threads && !strings.Contains(rest, " 1.00 more each") && !strings.Contains(rest, " 2.00 more each") {
			t.Error(line)
		}
	}
	for _, kind := range kinds {
		if !slices.Contains(caught, kind) {
			t.Errorf("%s: nobody has noticed; caught: %q", kind, caught)
		}
	}
	for _, kind := range caught {
		if !slices.Contains(kinds, kind) && kind != leak.Heap && kind != "memory" {
			t.Errorf("%s: accused of what it does not leak", kind)
		}
	}
}

// One goroutine, one temporary file, or a few hundred bytes each time.
func TestLeaksAnywhere(t *testing.T) {
	t.Run("goroutine", func(t *testing.T) {
		end := make(chan struct{})
		defer close(end)
		wantCaught(t, leak.Check{Cycles: 20}, func() error { go func() { <-end }(); return nil }, leak.Goroutines)
	})
	t.Run("temporary file", func(t *testing.T) {
		wantCaught(t, leak.Check{Cycles: 20}, func() error { return os.WriteFile(filepath.Join(os.TempDir(), rand.Text()), nil, 0o600) }, leak.Temporary)
	})
	t.Run("memory", func(t *testing.T) {
		var kept [][]byte
		wantCaught(t, leak.Check{Cycles: 5000}, func() error { kept = append(kept, make([]byte, 512)); return nil }, leak.Heap)
		if len(kept) == 0 {
			t.Error("nothing is kept")
		}
	})
}
