package leak_test

import (
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fourlevels/fourlevels/bench/leak"
)

// Each twin leaves one thing of its kind each time, and takes all back in the end.
func TestLeaksOfTheSystem(t *testing.T) {
	few := leak.Check{Cycles: 10, Warm: 2}
	t.Run("file", func(t *testing.T) {
		wantCaught(t, few, func() error {
			f, err := os.Open(os.DevNull)
			t.Cleanup(func() { f.Close() })
			return err
		}, leak.Files)
	})
	t.Run("thread", func(t *testing.T) {
		end, ended := make(chan struct{}), sync.WaitGroup{}
		defer ended.Wait()
		defer close(end)
		wantCaught(t, few, func() error {
			locked := make(chan struct{})
			ended.Go(func() { runtime.LockOSThread(); close(locked); <-end })
			<-locked
			return nil
		}, leak.Threads, leak.Goroutines)
	})
	t.Run("mapping", func(t *testing.T) {
		wantCaught(t, few, func() error { return mapped(t) }, leak.Mappings)
	})
	t.Run("shared memory", func(t *testing.T) {
		wantCaught(t, few, func() error {
			name := "/dev/shm/leak-" + rand.Text()
			t.Cleanup(func() { os.Remove(name) })
			return os.WriteFile(name, nil, 0o600)
		}, leak.Shared)
	})
}

// Memory that the heap knows nothing of, a page every fourth time, is seen by its slope.
func TestGrowth(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	n := 0
	for _, grows := range []bool{false, true} {
		report, err := leak.Check{Cycles: 5000, Wait: time.Millisecond}.Run(t.Context(), func(context.Context) error {
			if n++; !grows || n%4 > 0 {
				return nil
			}
			page, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
			if err != nil {
				return err
			}
			t.Cleanup(func() { unix.Munmap(page) })
			page[0] = 1 // now it takes memory
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found := strings.Contains(strings.Join(report.Leaks(), "\n"), "memory: "); found != grows || report.Memory.Samples < 50 {
			t.Errorf("grows: %v, found: %v: %v", grows, found, report)
		}
	}
}

// mapped maps shared memory and closes its file, which does not unmap it.
func mapped(t *testing.T) error {
	fd, err := unix.MemfdCreate("leak", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Ftruncate(fd, 4096); err != nil {
		return err
	}
	mem, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
	t.Cleanup(func() { unix.Munmap(mem) })
	return err
}

// A process is left if it lives, if nobody has waited for it, and even if its parent has
// died: then only its environment tells whose it is.
func TestLeaksOfProcesses(t *testing.T) {
	mark := "LEAK_TEST=" + rand.Text()
	few := leak.Check{Cycles: 6, Warm: 1, Mark: mark}
	start := func(t *testing.T, script string) (*exec.Cmd, error) {
		cmd := exec.Command("sh", "-c", script)
		cmd.Env = append(os.Environ(), mark)
		stdin, err := cmd.StdinPipe() // all leave when it ends
		if err == nil {
			err = cmd.Start()
		}
		t.Cleanup(func() { stdin.Close(); cmd.Wait() })
		return cmd, err
	}
	t.Run("alive", func(t *testing.T) {
		wantCaught(t, few, func() error { _, err := start(t, "read line"); return err }, leak.Processes, leak.Files)
	})
	t.Run("zombie", func(t *testing.T) {
		wantCaught(t, few, func() error {
			cmd, err := start(t, "exit 0")
			if err != nil {
				return err
			}
			return unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		}, leak.Processes, leak.Files)
	})
	t.Run("orphan", func(t *testing.T) {
		wantCaught(t, few, func() error {
			cmd := exec.Command("sh", "-c", "sleep 20 >/dev/null 2>&1 & echo $!")
			cmd.Env = append(os.Environ(), mark)
			said, err := cmd.Output()
			t.Cleanup(func() { end(t, strings.TrimSpace(string(said))) })
			return err
		}, leak.Processes)
	})
}

// end ends an orphan, if the process is one.
func end(t *testing.T, pid string) {
	t.Helper()
	if env, err := os.ReadFile("/proc/" + pid + "/environ"); err != nil || !strings.Contains(string(env), "LEAK_TEST=") {
		t.Errorf("orphan %q: %v", pid, err)
		return
	}
	n, err := strconv.Atoi(pid)
	if err == nil {
		err = syscall.Kill(n, syscall.SIGKILL)
	}
	if err != nil {
		t.Error(err)
	}
}
