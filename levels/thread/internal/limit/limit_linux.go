package limit

import (
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// systemBounds returns the limits that can be read; others do not bind here.
func systemBounds() []bound {
	root := os.DirFS("/")
	bounds := append(kernelBounds(root), cgroupBounds(root)...)
	var r syscall.Rlimit
	if uid := os.Getuid(); uid != 0 && syscall.Getrlimit(rlimitNproc, &r) == nil && r.Cur < 1<<30 {
		bounds = append(bounds, userBound(root, uid, int(r.Cur))) // the kernel asks this of everybody but root
	}
	return bounds
}

// kernelBounds are for all threads of the system. The fourth word of loadavg is
// "running/existing" of them.
func kernelBounds(root fs.FS) []bound {
	words := strings.Fields(text(root, "proc/loadavg"))
	if len(words) < 4 {
		return nil
	}
	_, all, _ := strings.Cut(words[3], "/")
	used, err := strconv.Atoi(all)
	if err != nil {
		return nil
	}
	var bounds []bound
	for _, name := range []string{"threads-max", "pid_max"} {
		if most, ok := number(root, "proc/sys/kernel/"+name); ok {
			bounds = append(bounds, bound{"the system (kernel." + name + ")", most, used})
		}
	}
	return bounds
}

// cgroupBounds are those of the cgroup of this process and of all above it, in
// version 2 of cgroups ("0::/path") as in version 1 ("8:pids:/path").
func cgroupBounds(root fs.FS) []bound {
	var bounds []bound
	for line := range strings.Lines(text(root, "proc/self/cgroup")) {
		words := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(words) < 3 || words[1] != "" && words[1] != "pids" {
			continue
		}
		top := path.Join("sys/fs/cgroup", words[1])
		for at := path.Join(top, words[2]); strings.HasPrefix(at, top); at = path.Dir(at) {
			most, limited := number(root, at+"/pids.max")
			used, known := number(root, at+"/pids.current")
			if limited && known {
				bounds = append(bounds, bound{"the cgroup (pids.max)", most, used})
			}
		}
	}
	return bounds
}

const rlimitNproc = 6 // RLIMIT_NPROC, which package syscall does not name

// userBound counts the threads of all processes of the user.
func userBound(root fs.FS, uid, most int) bound {
	b := bound{who: "the user's RLIMIT_NPROC", most: most}
	statuses, _ := fs.Glob(root, "proc/[0-9]*/status") // fails for a bad pattern only
	for _, name := range statuses {
		if status := text(root, name); field(status, "Uid:") == strconv.Itoa(uid) {
			n, _ := strconv.Atoi(field(status, "Threads:"))
			b.used += n
		}
	}
	return b
}

// field returns the first word after a key of a /proc/PID/status.
func field(status, key string) string {
	_, rest, _ := strings.Cut(status, "\n"+key)
	if words := strings.Fields(rest); len(words) > 0 {
		return words[0]
	}
	return ""
}

// number reads a file that holds a number. "max", for no limit, is none.
func number(root fs.FS, name string) (n int, ok bool) {
	n, err := strconv.Atoi(strings.TrimSpace(text(root, name)))
	return n, err == nil
}

// text is empty if there is no such file.
func text(root fs.FS, name string) string {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return ""
	}
	return string(b)
}
