package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// module writes a module with a package of fuzz targets.
func module(t *testing.T, source string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/m\n\ngo 1.26\n", "sub/some_test.go": source} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const two = `package sub

import "testing"

func FuzzGood(f *testing.F) {
	f.Fuzz(func(*testing.T, string) {})
}

// FuzzBad is wrong for every text but the one that is tried anyway.
func FuzzBad(f *testing.F) {
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if s != "" {
			t.Error("the fault is found")
		}
	})
}

func FuzzNothing(f *testing.F) { f.Skip("not today") }

type other struct{}

func (other) FuzzNot() {}
`

func TestTargetsAreRunAndFaultsFound(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var page strings.Builder
	err := fuzz(ctx, &page, module(t, two), []string{"./..."}, "", "300x")
	said := page.String()
	if err == nil || err.Error() != "2 of 3 targets fail" {
		t.Errorf("the error is %v", err)
	}
	for _, want := range []string{"sub.FuzzGood", "sub.FuzzBad", "the fault is found", "sub.FuzzNothing", "it tried nothing", "3 targets, "} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not said", want)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

func TestNoTarget(t *testing.T) {
	if err := fuzz(t.Context(), os.Stderr, module(t, two), []string{"./..."}, "FuzzNot.", "1x"); !errors.Is(err, errNone) {
		t.Errorf("the error is %v", err)
	}
	if err := fuzz(t.Context(), os.Stderr, module(t, two), []string{"./nowhere"}, "", "1x"); err == nil || errors.Is(err, errNone) {
		t.Errorf("no package gives %v", err)
	}
}

func TestProgress(t *testing.T) {
	const said = `fuzz: elapsed: 0s, gathering baseline coverage: 0/5 completed
fuzz: elapsed: 0s, gathering baseline coverage: 5/5 completed, now fuzzing with 2 workers
fuzz: elapsed: 3s, execs: 600 (200/sec), new interesting: 1 (total: 6)
fuzz: elapsed: 15s, execs: 4500 (325/sec), new interesting: 4 (total: 9)
PASS
`
	if have, want := read([]byte(said)), (result{"15s", 4500, 300, 9}); have != want {
		t.Errorf("have %+v, want %+v", have, want)
	}
	const slow = "fuzz: elapsed: 0s, gathering baseline coverage: 0/5 completed\nfuzz: elapsed: 3s, gathering baseline coverage: 4/5 completed\nPASS\n"
	if have, want := read([]byte(slow)), (result{"3s", 4, 0, 0}); have != want {
		t.Errorf("have %+v, want %+v", have, want)
	}
	if have := read([]byte("PASS\n")); have != (result{}) {
		t.Errorf("of nothing: %+v", have)
	}
}
