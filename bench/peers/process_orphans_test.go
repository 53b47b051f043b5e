package peers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/process/child"
)

// A program with a pool of four at work is killed, and cannot clean up. Its
// workers must leave all the same, within a second, and no file may stay.
var processOrphans = []figure{
	{"processes=4", func(tb testing.TB, s scale) []line {
		onLinux(tb)
		var contestants []contestant
		for _, transport := range transports {
			contestants = append(contestants, contestant{transport, func(ctx context.Context) ([]float64, error) {
				return orphanages(ctx, tb, s.orphans, transport)
			}})
		}
		m := contest(tb, 1, contestants...)
		var lines []line
		for _, transport := range transports {
			what := fmt.Sprintf("program killed %d times, %s", s.orphans, transport)
			lines = append(lines,
				line{what: what + ": something stays", tag: transport + "-", unit: "times", ours: m[transport][0], aim: none},
				line{what: what + ": last worker gone", tag: transport + "-", unit: "max-ms", ours: m[transport][1], aim: atMost(1_000)})
		}
		return lines
	}},
}

// orphanages returns how many of n times something stayed, and the longest that
// it took.
func orphanages(ctx context.Context, tb testing.TB, n int, transport string) ([]float64, error) {
	bad, slowest := 0.0, time.Duration(0)
	for i := range n {
		took, left, err := orphan(ctx, tb.TempDir(), transport)
		if err != nil {
			return nil, err
		}
		if len(left) > 0 {
			bad++
			tb.Errorf("%s, time %d: these stay: %s", transport, i+1, strings.Join(left, ", "))
		}
		slowest = max(slowest, took)
	}
	return []float64{bad, float64(slowest.Microseconds()) / 1e3}, nil
}

// orphan starts a program with a pool, kills it, and returns how long its workers
// lived on, and what stays. The directory for temporary files is what tells that
// program and all that it starts from other processes.
func orphan(ctx context.Context, dir, transport string) (took time.Duration, left []string, err error) {
	cmd, err := as(transport)
	if err != nil {
		return 0, nil, err
	}
	mark := "TMPDIR=" + dir
	cmd.Env = append(cmd.Env, mark)
	before := listing(dir, "/dev/shm")
	parent, err := child.StartTethered(cmd)
	if err != nil {
		return 0, nil, err
	}
	defer parent.Stop(0) // its end is that of a signal, always
	if _, err := bufio.NewReader(parent.Stdout).ReadString('\n'); err != nil {
		return 0, nil, fmt.Errorf("program with a pool: %w: %s", err, parent.Stderr())
	}
	whole := 1 + orphanProcesses
	if transport == "spawn" {
		whole = 2 // others start and end all the time
	}
	if err := until(ctx, "workers", func() (bool, error) { return len(marked(mark)) >= whole, nil }); err != nil {
		return 0, nil, err
	}
	begun := time.Now()
	parent.Kill()
	<-parent.Done()
	settle(time.Second, func() bool { return len(marked(mark)) == 0 })
	took = time.Since(begun)
	for _, p := range marked(mark) {
		left = append(left, fmt.Sprintf("process %d", p.pid))
		err = errors.Join(err, p.kill())
	}
	for file := range listing(dir, "/dev/shm") {
		if !before[file] { // in /dev/shm it may be somebody else's: look at its name
			left = append(left, file)
		}
	}
	return took, left, err
}

const orphanProcesses = 4

// adopt has a pool work until this process is killed. When all workers have
// started it says so.
func adopt(transport string) error {
	l := openPool(transport, orphanProcesses)
	defer l.Close()
	ctx, seen := context.Background(), map[string]bool{}
	for n := uint64(0); ; n++ {
		tasks := make([]levels.Task, 16)
		for i := range tasks {
			tasks[i] = levels.Task{Func: "who", Input: number(n)}
		}
		for _, r := range l.Run(ctx, tasks) {
			if r.Err != nil {
				return r.Err
			}
			who := strconv.FormatUint(signer(r.Output), 10)
			if seen[who] {
				continue
			}
			if seen[who] = true; len(seen) == orphanProcesses {
				fmt.Fprintln(os.Stdout, "at work")
			}
		}
	}
}
