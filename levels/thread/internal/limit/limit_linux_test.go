package limit

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"
)

// tree makes a file system of names and texts.
func tree(files ...string) fstest.MapFS {
	root := fstest.MapFS{}
	for pair := range slices.Chunk(files, 2) {
		root[pair[0]] = &fstest.MapFile{Data: []byte(pair[1])}
	}
	return root
}

func TestKernelBounds(t *testing.T) {
	root := tree("proc/loadavg", "0.20 0.18 0.12 1/345 11206\n",
		"proc/sys/kernel/threads-max", "192731\n", "proc/sys/kernel/pid_max", "32768\n")
	want := []bound{{"the system (kernel.threads-max)", 192731, 345}, {"the system (kernel.pid_max)", 32768, 345}}
	if got := kernelBounds(root); !slices.Equal(got, want) {
		t.Errorf("bounds are %v, want %v", got, want)
	}
	if got := kernelBounds(tree("proc/loadavg", "0.20 0.18 0.12")); got != nil {
		t.Errorf("of what cannot be read, bounds are %v", got)
	}
}

func TestCgroupBounds(t *testing.T) {
	const who = "the cgroup (pids.max)"
	for _, c := range []struct {
		name string
		root fstest.MapFS
		want []bound
	}{
		{"version 2, and one above", tree("proc/self/cgroup", "0::/a/b\n",
			"sys/fs/cgroup/a/b/pids.max", "max\n", "sys/fs/cgroup/a/b/pids.current", "3\n",
			"sys/fs/cgroup/a/pids.max", "64\n", "sys/fs/cgroup/a/pids.current", "10\n"), []bound{{who, 64, 10}}},
		{"version 1", tree("proc/self/cgroup", "9:cpu:/x\n8:pids:/job\n0::/\n",
			"sys/fs/cgroup/pids/job/pids.max", "100\n", "sys/fs/cgroup/pids/job/pids.current", "7\n"), []bound{{who, 100, 7}}},
		{"in a container", tree("proc/self/cgroup", "0::/\n",
			"sys/fs/cgroup/pids.max", "20\n", "sys/fs/cgroup/pids.current", "2\n"), []bound{{who, 20, 2}}},
		{"none", tree(), nil},
		{"nonsense", tree("proc/self/cgroup", "what\n\n0::../../..\n"), nil},
	} {
		if got := cgroupBounds(c.root); !slices.Equal(got, c.want) {
			t.Errorf("%s: bounds are %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUserBound(t *testing.T) {
	root := tree(
		"proc/1/status", "Name:\tinit\nUid:\t0\t0\t0\t0\nThreads:\t5\n",
		"proc/20/status", "Name:\tmine\nUid:\t1000\t1000\t1000\t1000\nThreads:\t30\n",
		"proc/21/status", "Name:\talso\nUid:\t1000\t1000\t1000\t1000\nThreads:\t4\n",
		"proc/22/status", "")
	if got := userBound(root, 1000, 99); got != (bound{"the user's RLIMIT_NPROC", 99, 34}) {
		t.Errorf("bound is %v", got)
	}
}

// On a Linux that runs, there are threads, and this process is one of the user's.
func TestThisSystem(t *testing.T) {
	for _, b := range append(systemBounds(), userBound(os.DirFS("/"), os.Getuid(), 1<<20)) {
		if b.most < 1 || b.used < 1 {
			t.Errorf("%s allows %d threads, and there are %d", b.who, b.most, b.used)
		}
	}
}
