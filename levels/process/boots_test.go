//go:build linux

package process_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

// startsFile names the file in which a worker leaves a byte, if it dies before its hello.
const startsFile = "PROCESS_TEST_STARTS"

// A program that does not start is tried three times, and then once a second at most.
func TestBoots(t *testing.T) {
	each(t, channels, func(t *testing.T, transport string) {
		path := filepath.Join(t.TempDir(), "starts")
		l := process.New(process.Config{
			Processes: 1, Command: []string{os.Args[0]}, Transport: transport,
			Env: append(os.Environ(), role+"=dies early", startsFile+"="+path),
		})
		defer l.Close()
		isOut := func(r levels.Result) {
			t.Helper()
			if r.Err == nil || !strings.HasSuffix(r.Err.Error(), "exit status 4: no such luck") {
				t.Fatalf("err = %v, want the last words", r.Err)
			}
		}
		for range 3 {
			isOut(run(t.Context(), l, "echo")[0])
		}
		failed := time.Now()
		for _, r := range run(t.Context(), l, make([]string, 100)...) {
			isOut(r)
		}
		if n := starts(t, path); n != 3 && time.Since(failed) < time.Second/2 {
			t.Fatalf("%d processes were started, want 3", n)
		}
		for starts(t, path) == 3 && time.Since(failed) < 5*time.Second {
			isOut(run(t.Context(), l, "echo")[0])
			time.Sleep(10 * time.Millisecond)
		}
		// The third may have failed a little before that was seen here.
		if n, waited := starts(t, path), time.Since(failed); n != 4 || waited < 900*time.Millisecond {
			t.Errorf("after %v there were %d starts, want one more after a second", waited, n)
		}
	})
}

func init() {
	moreRoles["dies early"] = func() {
		if err := note(os.Getenv(startsFile), "x"); err == nil {
			fmt.Fprintln(os.Stderr, "no such luck")
		}
		os.Exit(4)
	}
}

// starts counts the processes that were started.
func starts(t *testing.T, path string) int {
	t.Helper()
	marks, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return len(marks)
}
