package peers

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What `levels worker queue` takes while it has nothing to do: memory at its
// peak, and processor time. It is our worker with the levels in it.
var queueIdle = figure{"load=none/process=levels", func(tb testing.TB, s scale) []line {
	binary := filepath.Join(tb.TempDir(), "levels")
	build := exec.Command("go", "build", "-o", binary, "./cmd/levels")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build levels: %v: %s", err, out)
	}
	m := contest(tb, 1, contestant{"idle", func(ctx context.Context) ([]float64, error) {
		_, begun, err := idleWorker(ctx, binary, 0)
		if err != nil {
			return nil, err
		}
		peak, used, err := idleWorker(ctx, binary, s.idle)
		return []float64{peak / 1e6, max(used-begun, time.Microsecond).Seconds() * 1e3 / s.idle.Seconds()}, err
	}})["idle"]
	return []line{
		{what: "idle levels worker", tag: "worker-", unit: "peak-RSS-MB", ours: m[0], aim: atMost(20)},
		{what: "idle levels worker", tag: "worker-", unit: "cpu-ms/s", ours: m[1]},
	}
}}

// idleWorker runs a worker for a while, and returns the bytes and the time that it
// has taken in all.
func idleWorker(ctx context.Context, binary string, d time.Duration) (peak float64, used time.Duration, err error) {
	cmd := exec.CommandContext(ctx, binary, "worker", "queue", "--leash", "--redis", server.URL)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, err
	}
	leash, err := cmd.StdinPipe()
	if err != nil {
		return 0, 0, err
	}
	defer leash.Close()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	ready, _ := bufio.NewReader(out).ReadString('\n')
	time.Sleep(d)
	cmd.Process.Signal(syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		return 0, 0, fmt.Errorf("the worker says %q: %w", ready, err)
	}
	peak, err = peakRSS(cmd.ProcessState)
	return peak, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

func peakRSS(s *os.ProcessState) (float64, error) {
	usage, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, fmt.Errorf("this system does not tell what a process took: %T", s.SysUsage())
	}
	return float64(usage.Maxrss) * 1024, nil // Linux counts in KiB
}
