package usage

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of CPU time in /proc/PID/stat: USER_HZ, which is 100 on
// every architecture that Go runs on.
const tick = 10 * time.Millisecond

// A stat is what a tree needs of /proc/PID/stat.
type stat struct {
	pid, parent int
	dead        bool          // its parent is just done waiting for it
	reaped      time.Duration // user and system time of the children waited for
}

// parseStat reads the one line of /proc/PID/stat. The program's name stands in
// it as it is, in parentheses and with whatever it contains.
func parseStat(line []byte) (stat, error) {
	open, end := bytes.IndexByte(line, '('), bytes.LastIndexByte(line, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("no program name in %.80q", line)
	}
	rest := bytes.Fields(line[end+1:]) // rest[0] is field 3 of proc_pid_stat(5)
	if len(rest) < 15 {
		return stat{}, fmt.Errorf("want 17 fields or more, have %d", len(rest)+2)
	}
	pid, err1 := strconv.Atoi(string(bytes.TrimSpace(line[:open])))
	parent, err2 := strconv.Atoi(string(rest[4-3]))
	user, err3 := strconv.ParseInt(string(rest[16-3]), 10, 64)
	system, err4 := strconv.ParseInt(string(rest[17-3]), 10, 64)
	s := stat{pid: pid, parent: parent, dead: rest[0][0] == 'X', reaped: time.Duration(user+system) * tick}
	return s, errors.Join(err1, err2, err3, err4)
}

// descendants reads all of proc and answers root and those below it, but not
// the excluded ones nor what is below them. The answer is empty if root itself
// is not there: proc then is not, or belongs to another system of pids.
func descendants(proc string, root int, exclude map[int]bool) []process {
	var all []process
	below := map[int][]process{}
	for _, s := range stats(proc) {
		switch {
		case exclude[s.pid], s.dead:
		case s.pid == root:
			all = []process{{pid: root}} // getrusage tells more exactly what it reaped
		default:
			p := process{pid: s.pid, child: s.parent == root, reaped: s.reaped}
			below[s.parent] = append(below[s.parent], p)
		}
	}
	for i := 0; i < len(all); i++ {
		all = append(all, below[all[i].pid]...)
	}
	return all
}

// stats reads every process in proc, except those that exit meanwhile.
func stats(proc string) []stat {
	folder, err := os.Open(proc)
	if err != nil {
		return nil
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(-1) // if it breaks off, with those before
	var all []stat
	for _, name := range names {
		if name[0] < '0' || name[0] > '9' {
			continue
		}
		if line, err := os.ReadFile(filepath.Join(proc, name, "stat")); err == nil {
			if s, err := parseStat(line); err == nil {
				all = append(all, s)
			}
		}
	}
	return all
}

// clock reads the CPU clock of a process: the time of all its threads, those
// that have ended included. It still runs for one that has exited and has not
// been waited for; after that there is none.
func clock(pid int) (time.Duration, bool) {
	const allThreads = 2 // CPUCLOCK_SCHED, of the process; see clock_getcpuclockid(3)
	var now unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|allThreads), &now); err != nil {
		return 0, false
	}
	return time.Duration(now.Nano()), true
}

// waitable reports whether a child of the calling process is alive, or has
// exited and nobody has begun to wait for it. The kernel adds the time of a
// child waited for to its parent's a moment before it takes the clock away;
// in that moment the child is not waitable.
func waitable(child int) bool {
	const look = unix.WEXITED | unix.WNOHANG | unix.WNOWAIT // and leave it for whoever waits
	return unix.Waitid(unix.P_PID, child, nil, look, nil) == nil
}

// waitedFor answers the CPU time of the calling process' children that have
// exited and have been waited for, and of those that they had waited for.
func waitedFor() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_CHILDREN, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS answers the largest resident set that a process has had, in bytes,
// and 0 for one that has exited.
//
// Getrusage has such a number too, but hands it down: a child starts with the
// peak of the parent that forked it.
func peakRSS(proc string, pid int) int64 { return status(proc, pid, "VmHWM:") }

// status answers a size in the status of a process, in bytes, and 0 for one that has
// exited.
func status(proc string, pid int, field string) int64 {
	text, err := os.ReadFile(filepath.Join(proc, strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte(field)); ok {
			var kib int64
			fmt.Sscanf(string(value), "%d kB", &kib)
			return kib << 10
		}
	}
	return 0
}
