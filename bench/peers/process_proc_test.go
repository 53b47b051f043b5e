package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A pidOf is a process as /proc shows it. Since ids are used again, it is
// known by when it started, too.
type pidOf struct {
	pid     int
	started string // in ticks since the machine did
}

// lookUp reads what /proc says of a process that has not ended.
func lookUp(pid int) (p pidOf, parent int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return pidOf{}, 0, false
	}
	rest := string(text[strings.LastIndexByte(string(text), ')')+1:]) // a name may hold anything
	fields := strings.Fields(rest)                                    // from the third on: state, parent, ...
	const state, ppid, starttime = 0, 1, 19
	if len(fields) <= starttime || fields[state] == "Z" || fields[state] == "X" {
		return pidOf{}, 0, false // it has ended, even if nobody has asked how
	}
	parent, err = strconv.Atoi(fields[ppid])
	return pidOf{pid, fields[starttime]}, parent, err == nil
}

// lives tells whether the process has not ended.
func (p pidOf) lives() bool {
	now, _, ok := lookUp(p.pid)
	return ok && now == p
}

// processesThat returns the processes that have not ended and of which which says
// so. It is called with their parents.
func processesThat(which func(p pidOf, parent int) bool) []pidOf {
	var found []pidOf
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		id, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		if p, parent, ok := lookUp(id); ok && which(p, parent) {
			found = append(found, p)
		}
	}
	return found
}

func children() []pidOf {
	return processesThat(func(_ pidOf, parent int) bool { return parent == os.Getpid() })
}

// marked returns the processes that were started with a variable of the
// environment, given as name=value.
func marked(variable string) []pidOf {
	return processesThat(func(p pidOf, _ int) bool {
		environ, _ := os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.pid))
		return strings.Contains("\x00"+string(environ), "\x00"+variable+"\x00")
	})
}

// kill ends a process that is a descendant of this one, at once. The handle is
// taken first and the look comes then, so that nobody else can be hit.
func (p pidOf) kill() error {
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return err
	}
	defer handle.Release()
	if !p.lives() {
		return nil
	}
	return handle.Kill()
}

// openFiles is how many descriptors this process has.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries) - 1 // one of them is of this look
}

// residentKB is how much memory of this process is in use.
func residentKB() float64 { return statusKB("VmRSS") }

// statusKB is one of the fields of kilobytes that /proc has of this process.
func statusKB(field string) float64 {
	text, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(text), field+":")
	kb, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	n, _ := strconv.ParseFloat(kb, 64)
	return n
}

// listing is what lies in directories.
func listing(dirs ...string) map[string]bool {
	files := map[string]bool{}
	for _, dir := range dirs {
		entries, _ := os.ReadDir(dir)
		for _, e := range entries {
			files[filepath.Join(dir, e.Name())] = true
		}
	}
	return files
}
