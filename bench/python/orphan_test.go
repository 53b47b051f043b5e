package python_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/python"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
)

const role = "PYTHON_TEST_KIND"

// TestMain lets the test binary be a program that is about to be killed.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	if kind := os.Getenv(role); kind != "" {
		compute(kind)
	}
	goleak.VerifyTestMain(m)
}

// compute has tasks run that take hours, and says so.
func compute(kind string) {
	l, err := python.New(context.Background(), python.Config{Kind: kind, Workers: 2})
	if err != nil {
		panic(err)
	}
	w, err := workload.Find("cpu", workload.Env{})
	if err != nil {
		panic(err)
	}
	l.Run(context.Background(), []levels.Task{w.Task(0, 1), w.Task(1, 1)})
	time.AfterFunc(100*time.Millisecond, func() { fmt.Println("computing", python.Pid(l)) })
	l.Run(context.Background(), []levels.Task{w.Task(0, 1<<40), w.Task(1, 1<<40)})
}

// When this program is killed, the interpreter and the processes of its pool
// leave, though they are in the middle of a computation.
func TestOrphansLeave(t *testing.T) {
	need(t)
	for _, kind := range python.Kinds {
		mark := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), role+"="+kind, "PYTHON_TEST_MARK="+mark)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		if !strings.HasPrefix(line, "computing") {
			t.Errorf("%s: it said %q", kind, line)
		}
		had := len(marked(mark))
		cmd.Process.Kill()
		cmd.Wait()
		for deadline := time.Now().Add(20 * time.Second); len(marked(mark)) > 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s: of %d processes still there: %q", kind, had, marked(mark))
			}
		}
	}
}

// marked are the processes that were started with the mark. Where there is no
// /proc, nobody can tell.
func marked(mark string) (found []string) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		text, _ := os.ReadFile(file) // it may be gone, or not ours
		if strings.Contains(string(text), mark) {
			found = append(found, filepath.Dir(file))
		}
	}
	return found
}
