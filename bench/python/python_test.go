package python_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/fourlevels/fourlevels/bench/python"
	"github.com/fourlevels/fourlevels/bench/usage"
	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/workload"
	"github.com/fourlevels/fourlevels/levels/workload/origin"
)

// need leaves a test out where there is no Python.
func need(tb testing.TB) {
	tb.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		tb.Skip("left out: there is no python3")
	}
}

func open(tb testing.TB, kind string, workers int) levels.Level {
	tb.Helper()
	l, err := python.New(tb.Context(), python.Config{Kind: kind, Workers: workers})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	return l
}

// Python's outputs are those of Go, byte for byte.
func TestWorkloads(t *testing.T) {
	need(t)
	server := httptest.NewServer(origin.Handler(nil))
	defer server.Close()
	for _, name := range python.Works {
		w, err := workload.Find(name, workload.Env{Origin: server.URL, Latency: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		tasks := make([]levels.Task, min(w.Distinct, 64))
		for i := range tasks {
			tasks[i] = w.Task(i, min(w.Size, 1000))
		}
		want := outputs(t, w, &levels.Serial{Funcs: workload.Funcs()}, tasks)
		for _, kind := range python.Kinds {
			if got := outputs(t, w, open(t, kind, 3), tasks); got != want {
				t.Errorf("%s at python/%s has checksum %d, want %d", name, kind, got, want)
			}
		}
	}
}

func outputs(t *testing.T, w workload.Workload, l levels.Level, tasks []levels.Task) uint32 {
	t.Helper()
	var all [][]byte
	for i, r := range l.Run(t.Context(), tasks) {
		if r.Err != nil {
			t.Fatalf("%s: task %d: %v", w.Name, i, r.Err)
		}
		if err := w.Check(tasks[i].Input, r.Output); err != nil {
			t.Errorf("%s: task %d: %v", w.Name, i, err)
		}
		all = append(all, r.Output)
	}
	return workload.Checksum(all)
}

// What goes wrong in a task is told in words.
func TestErrors(t *testing.T) {
	need(t)
	server := httptest.NewServer(origin.Handler(nil))
	defer server.Close()
	tasks := []levels.Task{
		{Func: "cpu", Input: []byte("short")},
		{Func: "io", Input: []byte(server.URL + "/wait?i=x")},
		{Func: "io", Input: []byte("http://127.0.0.1:1/")},
		{Func: "words", Input: []byte(server.URL)},
		{Func: strings.Repeat("x", 2000)},
		{Func: "empty", Input: []byte("fine")},
	}
	want := []string{"has 5 bytes, want 16", "status 400 Bad Request", "ConnectionRefusedError", `no function is called "words"`, "names of 1 KiB", "<nil>"}
	for _, kind := range python.Kinds {
		for i, r := range open(t, kind, 2).Run(t.Context(), tasks) {
			if !strings.Contains(fmt.Sprint(r.Err), want[i]) {
				t.Errorf("%s: task %d: %v, want %q", kind, i, r.Err, want[i])
			}
		}
	}
}

// Connections are kept: many fetches need no more of them than there are workers.
// A server that closes one after use, or before the next, is no error.
func TestConnections(t *testing.T) {
	need(t)
	for _, kind := range python.Kinds {
		seen := make(chan string, 1000)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen <- r.RemoteAddr
			if r.URL.Path == "/close" {
				w.Header().Set("Connection", "close")
			}
			fmt.Fprint(w, "text")
		}))
		l := open(t, kind, 2)
		fetch := func(path string, n int) {
			t.Helper()
			for i, r := range l.Run(t.Context(), slices.Repeat([]levels.Task{{Func: "io", Input: []byte(server.URL + path)}}, n)) {
				if r.Err != nil || string(r.Output) != "text" {
					t.Errorf("%s: fetch %d of %s: %q, %v", kind, i, path, r.Output, r.Err)
				}
			}
		}
		fetch("/", 50)
		addresses := map[string]bool{}
		for range 50 {
			addresses[<-seen] = true
		}
		if len(addresses) > 2 {
			t.Errorf("%s: 50 fetches took %d connections, want 2 at most", kind, len(addresses))
		}
		server.CloseClientConnections()
		fetch("/", 10)
		fetch("/close", 10)
		l.Close()
		server.Close()
	}
}

// When the interpreter dies, its tasks are lost with its last words, and the next
// Run starts another. Nothing stays behind: no process, no goroutine.
func TestDeath(t *testing.T) {
	need(t)
	python.WithScript(t, "\ndef shout(data):\n    os.write(2, b'first\\nlast words\\n')\n    os._exit(7)\n\nFUNCS['shout'] = shout\n")
	tree := usage.NewTree()
	had, counted := tree.Processes()
	for kind, want := range map[string]string{"threads": "exit status 7: last words", "asyncio": "exit status 7: last words", "processes": "BrokenProcessPool"} {
		l := open(t, kind, 2)
		if n, _ := tree.Processes(); counted && n <= had {
			t.Errorf("%s: %d processes, no more than before", kind, n)
		}
		r := l.Run(t.Context(), []levels.Task{{Func: "shout"}})[0]
		if !errors.Is(r.Err, levels.ErrLost) || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: %v, want ErrLost with %q", kind, r.Err, want)
		}
		if n, _ := tree.Processes(); counted && n != had {
			t.Errorf("%s: %d processes after its death, %d before", kind, n, had)
		}
		if r := l.Run(t.Context(), []levels.Task{{Func: "empty"}})[0]; r.Err != nil {
			t.Errorf("%s: after its death: %v", kind, r.Err)
		}
		if err := l.Close(); err != nil {
			t.Errorf("%s: close: %v", kind, err)
		}
	}
	if n, _ := tree.Processes(); n != had {
		t.Errorf("%d processes in the end, %d before", n, had)
	}
	goleak.VerifyNone(t)
}

// Which Python is missing, and why, is said in one line.
func TestMissing(t *testing.T) {
	need(t)
	old := func(t *testing.T) { python.WithScript(t, "\nsys.version_info = (3, 7, 9)\n") }
	mute := func(t *testing.T) { python.WithScript(t, "\nimport time\ntime.sleep(60)\n") }
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		edit   func(*testing.T)
		config python.Config
		want   string
	}{
		"none":      {nil, python.Config{Program: "no-such-python"}, "no-such-python is not on PATH: install Python 3.8"},
		"too old":   {old, python.Config{}, "is too old: the level python needs 3.8 or later"},
		"mute":      {mute, python.Config{Start: 100 * time.Millisecond}, "is not ready after 100ms"},
		"no python": {nil, python.Config{Program: empty}, "exit status 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.edit != nil {
				test.edit(t)
			}
			_, err := python.New(t.Context(), test.config)
			if !errors.Is(err, python.ErrMissing) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("err = %v, want ErrMissing with %q in one line", err, test.want)
			}
		})
	}
	if _, err := python.New(t.Context(), python.Config{Kind: "greenlets"}); err == nil || errors.Is(err, python.ErrMissing) {
		t.Errorf("an unknown kind: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if _, err := python.New(ctx, python.Config{}); !errors.Is(err, reason) {
		t.Errorf("opened after the end of ctx: %v, want its cause", err)
	}
	goleak.VerifyNone(t)
}
