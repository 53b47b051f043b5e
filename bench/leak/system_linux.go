package leak

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/fourlevels/fourlevels/bench/usage"
)

// Told says what is counted on this system.
const Told = "goroutines, heap, threads, files, mappings, processes and orphans, temporary files and shared memory"

// system counts what the kernel knows of this process and of those that it has started.
func (c Check) system(all Counts, shm map[string]bool) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	open, err := os.ReadDir(openFiles)
	if err != nil {
		return err
	}
	below, counted := usage.NewTree().Processes()
	if !counted {
		return fmt.Errorf("/proc does not know this process")
	}
	all[Threads], all[Files] = len(threads), len(open)-1 // one is the folder
	all[Processes] = below - 1 + orphans(c.Mark)
	if all[Mappings], err = mappings("self"); err != nil {
		return err
	}
	all[Shared] = unclaimed(shm)
	return nil
}

// resident is the memory that the system has given this process alone, in KiB: no pages of
// files, and no shared memory, which is counted elsewhere.
func resident() (kib int, known bool) {
	text, err := os.ReadFile("/proc/self/statm")
	var size, all, shared int // pages
	_, wrong := fmt.Sscan(string(text), &size, &all, &shared)
	return (all - shared) * os.Getpagesize() >> 10, err == nil && wrong == nil
}

// orphans counts the processes that have the mark and are not below this one any more: init
// is their parent now. A process that is below this one is counted there.
func orphans(mark string) (n int) {
	if mark == "" {
		return 0
	}
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, name := range environs {
		env, err := os.ReadFile(name)
		if err != nil || !bytes.Contains(append([]byte{0}, env...), []byte("\x00"+mark+"\x00")) {
			continue // gone, somebody else's, or another's
		}
		var pid int
		if fmt.Sscanf(name, "/proc/%d/environ", &pid); pid != os.Getpid() && !isBelow(pid) {
			n++
		}
	}
	return n
}

// isBelow reports whether a process is a descendant of this one.
func isBelow(pid int) bool {
	for pid > 1 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			return true // gone: it is nobody's orphan
		}
		var state string
		fmt.Sscanf(string(stat[bytes.LastIndexByte(stat, ')')+1:]), "%s %d", &state, &pid)
		if pid == os.Getpid() {
			return true
		}
	}
	return false
}

// mappings counts the shared memory that a process has mapped.
func mappings(pid string) (n int, err error) {
	text, err := os.ReadFile("/proc/" + pid + "/maps")
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "/memfd:") || strings.Contains(line, sharedMemory+"/") {
			n++
		}
	}
	return n, err
}

// unclaimed counts the new names in shared memory that belong to this user and that no
// process other than this one has mapped: other programs come and go, and use it, too.
func unclaimed(before map[string]bool) (n int) {
	for name := range names(sharedMemory) {
		if info, err := os.Stat(filepath.Join(sharedMemory, name)); before[name] || err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
			continue
		}
		if !claimed(filepath.Join(sharedMemory, name)) {
			n++
		}
	}
	return n
}

// claimed reports whether a process other than this one has mapped a file.
func claimed(path string) bool {
	all, _ := filepath.Glob("/proc/[0-9]*/maps")
	for _, name := range all {
		text, err := os.ReadFile(name)
		if err == nil && name != fmt.Sprintf("/proc/%d/maps", os.Getpid()) && bytes.Contains(text, []byte(" "+path+"\n")) {
			return true
		}
	}
	return false
}
