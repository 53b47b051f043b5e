package peers

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// From nothing to the first answer and back to nothing: a pool of one is opened, runs
// one task, and is closed. The peer is the least that any process costs: an empty
// program is started, and waited for. The worker is a thin program, for what it
// links in is what it costs to start.
var processSpawn = []figure{
	{"worker=thin", func(tb testing.TB, s scale) []line {
		thin, empty := buildProgram(tb, "thin", thinWorker), buildProgram(tb, "empty", emptyProgram)
		contestants := []contestant{{"fork+exec+wait", func(ctx context.Context) ([]float64, error) {
			return paused(s.spawns, 0, func() error { return exec.CommandContext(ctx, empty).Run() })
		}}}
		for _, transport := range transports {
			contestants = append(contestants, contestant{transport, func(ctx context.Context) ([]float64, error) {
				return paused(s.spawns, 0, func() error { return openAndClose(ctx, transport, 1, thin) })
			}})
		}
		m := contest(tb, s.rounds, contestants...)
		var lines []line
		for _, transport := range transports {
			lines = append(lines, line{"open, one task, close, " + transport, transport + "-", "p50-us", m[transport][0], "fork+exec+wait", m["fork+exec+wait"][0], timesAtMost(1.5)})
		}
		return lines
	}},
}

const emptyProgram = "package main\n\nfunc main() {}\n"

const thinWorker = `package main

import (
	"context"
	"os"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process"
)

func main() {
	funcs := levels.Funcs{"empty": func(context.Context, []byte) ([]byte, error) { return nil, nil }}
	if process.ServeStdio(context.Background(), &levels.Serial{Funcs: funcs}) != nil {
		os.Exit(1)
	}
}
`

// buildProgram compiles a program of one file, which may import what this
// module can, and links no C.
func buildProgram(tb testing.TB, name, source string) string {
	tb.Helper()
	dir := tb.TempDir()
	file, program := filepath.Join(dir, name+".go"), filepath.Join(dir, name)
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		tb.Fatal(err)
	}
	build := exec.Command("go", "build", "-o", program, file)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("%v: %s", err, out)
	}
	return program
}

// openAndClose opens a pool, has each of its workers run an empty task, or at
// least offers it one, and closes it.
func openAndClose(ctx context.Context, transport string, processes int, command ...string) (err error) {
	l := openPool(transport, processes, command...)
	defer func() { err = errors.Join(err, l.Close()) }()
	tasks := make([]levels.Task, processes)
	for i := range tasks {
		tasks[i].Func = "empty"
	}
	for _, r := range l.Run(ctx, tasks) {
		err = errors.Join(err, r.Err)
	}
	return err
}

// onLinux skips a figure that reads /proc.
func onLinux(tb testing.TB) {
	tb.Helper()
	if runtime.GOOS != "linux" {
		tb.Skip("left out: it reads /proc, which only Linux has")
	}
}

// settle waits until a condition holds, for a time at most, and tells whether
// it does.
func settle(atMost time.Duration, ok func() bool) bool {
	ctx, cancel := context.WithTimeout(context.Background(), atMost)
	defer cancel()
	return until(ctx, "a condition", func() (bool, error) { return ok(), nil }) == nil
}
