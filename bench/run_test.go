package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/bench/lock"
)

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// folderOf is the folder of this package.
func folderOf(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// noTemporaryFiles wants what the test leaves in the folder for temporary files
// to be nothing.
func noTemporaryFiles(t *testing.T) {
	t.Helper()
	tmp := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, tmp)
	}
	t.Cleanup(func() {
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("temporary files %v, %v", left, err)
		}
	})
}

func TestRunOfWhatDoesNotBuild(t *testing.T) {
	broken, void, out := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, broken, "go.mod", "module m\n\ngo 1.26\n")
	write(t, broken, "bench/x_test.go", "package bench\n\nvar x = y\n")
	noTemporaryFiles(t)
	for root, want := range map[string]string{broken: "undefined: y", void: "go"} {
		var steps []string
		r := Runner{Root: root, Out: out, Worker: []string{os.Args[0]}, Progress: func(p Progress) { steps = append(steps, p.Step) }}
		dir, err := r.Run(t.Context(), Plan{Axes: []Axes{{Levels: []string{"serial"}}}}) // which needs no store, so nothing else can be missing
		var environment EnvironmentError
		if !errors.As(err, &environment) {
			t.Errorf("%s: err = %v, which is no EnvironmentError", root, err)
			continue
		}
		if text := err.Error(); dir != "" || !strings.Contains(text, "build the benchmarks in "+root+": ") || !strings.Contains(text, want) {
			t.Errorf("results in %q, err = %v, want one that names %s and has %q", dir, err, root, want)
		}
		if got := strings.Join(steps, ", "); got != "looking at the corpus and the store, starting the origin, building the benchmarks" {
			t.Errorf("steps: %s", got)
		}
	}
	if left, err := os.ReadDir(out); err != nil || len(left) != 1 || left[0].Name() != lock.Name {
		t.Errorf("results %v, %v of nothing", left, err)
	}
}

func TestRunOfAWrongPlan(t *testing.T) {
	dir, err := Runner{Root: "nowhere"}.Run(t.Context(), Plan{Axes: []Axes{{Levels: []string{"thraed"}}}})
	var environment EnvironmentError
	if err == nil || errors.As(err, &environment) || !strings.Contains(err.Error(), "thraed") || dir != "" {
		t.Errorf("results in %q, err = %v, want one about the level", dir, err)
	}
}

func TestRunAfterTheEnd(t *testing.T) {
	noTemporaryFiles(t)
	leave := errors.New("time to leave")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(leave)
	if dir, err := (Runner{Root: folderOf(t)}).Run(ctx, Plan{}); !errors.Is(err, leave) || dir != "" {
		t.Errorf("results in %q, err = %v, want the cause of the end", dir, err)
	}
}

func TestRunsHaveFoldersOfTheirOwn(t *testing.T) {
	out := filepath.Join(t.TempDir(), "results", "runs")
	for _, want := range []string{"now-abc", "now-abc-2", "now-abc-3"} {
		dir, err := newFolder(out, "now-abc")
		if err != nil || dir != filepath.Join(out, want) {
			t.Errorf("folder %q, %v, want %s", dir, err, want)
		}
	}
	file := write(t, t.TempDir(), "file", "text")
	if dir, err := newFolder(file, "now-abc"); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("folder %q in a file, err = %v", dir, err)
	}
}

func TestOneLine(t *testing.T) {
	if got := oneLine(errors.New("first\n\tsecond line \"quoted\"")); got != "first second line \"quoted\"" {
		t.Errorf("on one line: %q", got)
	}
	if got := oneLine(nil); got != "" {
		t.Errorf("no error is %q", got)
	}
}

func TestProgress(t *testing.T) {
	var got Progress
	m := &measurement{Runner: Runner{Progress: func(p Progress) { got = p }}, done: 3, total: 13}
	m.progress("begin")
	if want := (Progress{Step: "begin", Done: 3, Total: 13}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	m.done, m.took, m.spent = 7, 4, 20e9 // three were measured before
	m.progress("later")
	if want := (Progress{Step: "later", Done: 7, Total: 13, Left: 30e9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestEnvironment(t *testing.T) {
	inner := errors.New("no disk")
	err := Environment(inner)
	var environment EnvironmentError
	if !errors.As(err, &environment) || !errors.Is(err, inner) || err.Error() != "no disk" {
		t.Errorf("%v is not an EnvironmentError around what it was given", err)
	}
}

// await waits until something is so, for a minute at most.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Error("it did not come to be within a minute")
			return
		}
	}
}
