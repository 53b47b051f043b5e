package peers

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What `levels worker queue` takes while it has nothing to do: memory at its
// peak, and processor time. It is our worker with the levels in it.
var queueIdle = figure{"load=none/process=levels", func(tb testing.TB, s scale) []line {
	onLinux(tb)
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

// idleWorker runs a worker for a while, and returns the bytes that it held at most
// and the processor time that it took in all.
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
	peak, err = peakRSS(cmd.Process.Pid)
	leash.Close()
	if ended := cmd.Wait(); ended != nil {
		return 0, 0, fmt.Errorf("the worker says %q: %w", ready, ended)
	}
	return peak, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), err
}

// peakRSS is from Linux' /proc. What wait tells begins with the memory of the process
// that started the other.
func peakRSS(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) < 2 || fields[1] != "kB" {
		return 0, fmt.Errorf("no VmHWM in the status of process %d", pid)
	}
	kB, err := strconv.ParseFloat(fields[0], 64)
	return kB * 1024, err
}
