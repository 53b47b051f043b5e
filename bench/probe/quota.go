package probe

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// quota answers how many CPUs' worth of time the cgroup of this process may
// use: the smallest limit on the way from it up to the root, 0 if there is
// none. It reads root, which is / but in tests, and says false if it found
// nothing to read.
func quota(root fs.FS) (cpus float64, known bool) {
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return 0, false
	}
	note := func(limit float64, ok bool) {
		if known = known || ok; limit > 0 && (cpus == 0 || limit < cpus) {
			cpus = limit
		}
	}
	for line := range strings.Lines(string(groups)) { // "4:cpu,cpuacct:/a/b", or "0::/a/b" in version 2
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) < 3 {
			continue
		}
		for dir := path.Clean("/" + fields[2]); ; dir = path.Dir(dir) {
			if fields[0] == "0" {
				note(quota2(root, path.Join("sys/fs/cgroup", dir)))
			} else if strings.Contains(","+fields[1]+",", ",cpu,") {
				note(quota1(root, path.Join("sys/fs/cgroup", fields[1], dir)))
			}
			if dir == "/" {
				break
			}
		}
	}
	return cpus, known
}

// quota2 reads a folder of cgroup version 2: "150000 100000", or "max 100000".
func quota2(root fs.FS, dir string) (float64, bool) {
	text, err := fs.ReadFile(root, path.Join(dir, "cpu.max"))
	if err != nil {
		return 0, false
	}
	return share(string(text))
}

// quota1 reads a folder of cgroup version 1, where a quota of -1 is none.
func quota1(root fs.FS, dir string) (float64, bool) {
	quota, err1 := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	period, err2 := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	if err1 != nil || err2 != nil {
		return 0, false
	}
	return share(string(quota) + " " + string(period))
}

// share divides a quota by its period; 0 means that there is no limit.
func share(text string) (float64, bool) {
	if strings.HasPrefix(text, "max") || strings.HasPrefix(text, "-1") {
		return 0, true
	}
	var quota, period float64
	if _, err := fmt.Sscan(text, &quota, &period); err != nil || quota <= 0 || period <= 0 {
		return 0, false
	}
	return quota / period, true
}
