package leak

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Killed checks what stays of a program that is killed, and so cannot clean up: processes,
// files in its folder for temporary ones, names in shared memory. Meanwhile this process is
// the one that orphans go to, in place of init: so none of them is missed, and none is left as
// a zombie. It takes a child of somebody else's who starts one at the same time for one of
// them: do not run it beside such.
type Killed struct {
	Program func(n int) *exec.Cmd // the nth: it says a line when it is at work, and works on
	Times   int                   // 0 means 20
	Within  time.Duration         // that all must be gone; 0 means a second

	// Next is what the next start of the program does about the files of the last. Nil means
	// nothing: then there must be none.
	Next func(temp string) error
}

// Died is what the check has found.
type Died struct {
	Times, Family int           // Family is how many processes the largest had, beside the program
	Slowest       time.Duration // until the last was gone
	Stays         []string      // what was still there
}

func (d Died) String() string {
	return fmt.Sprintf("killed %d times, with up to %d processes: the last gone after %v at most, %d things stay",
		d.Times, d.Family, d.Slowest.Round(100*time.Microsecond), len(d.Stays))
}

// Run kills the program so often. An error says that nothing is shown.
func (k Killed) Run(ctx context.Context) (d Died, err error) {
	k.Times, k.Within = cmp.Or(k.Times, 20), cmp.Or(k.Within, time.Second)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return d, err
	}
	defer unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	for n := range k.Times {
		if err := k.once(ctx, n, &d); err != nil {
			return d, fmt.Errorf("time %d: %w", n+1, err)
		}
		d.Times++
	}
	if d.Family == 0 {
		return d, errors.New("the program had no processes, so nothing is shown")
	}
	return d, nil
}

func (k Killed) once(ctx context.Context, n int, d *Died) (err error) {
	temp, err := os.MkdirTemp("", "killed-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(temp)) }()
	shm, ours := names(sharedMemory), children()
	defer end(ours) // a program that was never at work may leave some, too
	cmd := k.Program(n)
	cmd.Env = append(cmd.Environ(), "TMPDIR="+temp)
	// Its children are strangers here, as they would be to init: so the kernel wakes those that
	// are stopped when they become orphans.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := atWork(ctx, cmd); err != nil {
		return err
	}
	time.Sleep(rand.N(20 * time.Millisecond)) // what is tried is the moment
	d.Family = max(d.Family, descendants(cmd.Process.Pid))
	begun := time.Now()
	cmd.Process.Kill()
	cmd.Wait() // it was killed, and says so
	var alive []int
	var named int // another program's, too, that is about to map or remove what it has just made
	gone := func() bool {
		alive, named = reap(ours), unclaimed(shm)
		return len(alive)+named == 0
	}
	for !gone() && time.Since(begun) < k.Within {
		time.Sleep(time.Millisecond)
	}
	d.Slowest = max(d.Slowest, time.Since(begun))
	for _, pid := range alive {
		d.Stays = append(d.Stays, "process "+command(pid))
	}
	end(ours)
	if k.Next != nil {
		if err := k.Next(temp); err != nil {
			return err
		}
	}
	d.Stays = append(d.Stays, below(temp)...)
	if named > 0 {
		d.Stays = append(d.Stays, fmt.Sprintf("%d names in %s", named, sharedMemory))
	}
	return nil
}

// atWork starts a program and waits until it says that it is at work.
func atWork(ctx context.Context, cmd *exec.Cmd) error {
	cmd.Stderr = os.Stderr // not a buffer: Wait would wait for all who hold it
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	late := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	inTime, wanted := late.Stop(), stop()
	if err == nil && inTime && wanted {
		return nil
	}
	cmd.Process.Kill()
	cmd.Wait()
	if !wanted {
		return context.Cause(ctx)
	}
	if !inTime {
		err = context.DeadlineExceeded
	}
	return fmt.Errorf("the program is not at work: it said %q: %w", line, err)
}

// parents maps every process to its parent.
func parents() map[int]int {
	all := map[int]int{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, err := os.ReadFile(file)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); err == nil && len(fields) > 1 {
			all[pid], _ = strconv.Atoi(fields[1])
		}
	}
	return all
}

// children are those of this process.
func children() map[int]bool {
	mine := map[int]bool{}
	for pid, parent := range parents() {
		if parent == os.Getpid() {
			mine[pid] = true
		}
	}
	return mine
}

// descendants counts the processes below one.
func descendants(root int) (n int) {
	all := parents()
	for pid := range all {
		for p := all[pid]; p > 0; p = all[p] {
			if p == root {
				n++
				break
			}
		}
	}
	return n
}

// reap waits for the orphans that have ended, and returns those that have not. Each that has
// ended may have left some of its own, which had another parent when this looked: so it looks
// again.
func reap(ours map[int]bool) (alive []int) {
	for again := true; again; {
		alive, again = nil, false
		for pid := range children() {
			if ours[pid] {
				continue
			}
			if done, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err == nil && done == 0 {
				alive = append(alive, pid)
			} else {
				again = true
			}
		}
	}
	return alive
}

// end ends the orphans that are left, and those that come from them.
func end(ours map[int]bool) {
	for left := reap(ours); len(left) > 0; left = reap(ours) {
		for _, pid := range left {
			unix.Kill(pid, unix.SIGKILL) // it is a child of this process that nobody has waited for
		}
		time.Sleep(time.Millisecond)
	}
}

// command is what a process was started as, for a message.
func command(pid int) string {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return fmt.Sprintf("%d %.200q", pid, bytes.ReplaceAll(bytes.TrimRight(text, "\x00"), []byte{0}, []byte{' '}))
}

// below are the files and folders in a folder.
func below(folder string) (all []string) {
	filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if path != folder && err == nil {
			all = append(all, "file "+strings.TrimPrefix(path, folder))
		}
		return nil // one that goes meanwhile does not stay
	})
	return all
}
