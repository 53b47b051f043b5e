package leak

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
)

const (
	sharedMemory = "/dev/shm"
	openFiles    = "/proc/self/fd"
)

// count counts everything once. Names in shared memory that were there before do not count.
func (c Check) count(shm map[string]bool) (Counts, error) {
	temp, err := files(c.Temp)
	if err != nil {
		return nil, err
	}
	all := Counts{Goroutines: runtime.NumGoroutine(), Heap: heap(), Temporary: temp}
	if err := c.system(all, shm); err != nil {
		return nil, err
	}
	for kind, ask := range c.Also {
		if all[kind], err = ask(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// heap is what is in use, in KiB. What has a finalizer goes with the second collection.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc >> 10)
}

// files counts what there is below a folder.
func files(folder string) (n int, err error) {
	if folder == "" {
		folder = os.TempDir()
	}
	err = filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it may go meanwhile
			return err
		}
		if path != folder && err == nil {
			n++
		}
		return nil
	})
	return n, err
}

// names are those in a folder; there are none if it cannot be read.
func names(folder string) map[string]bool {
	all := map[string]bool{}
	entries, _ := os.ReadDir(folder)
	for _, e := range entries {
		all[e.Name()] = true
	}
	return all
}

// held names the open files, where the system tells, and the stacks of all goroutines, equal
// ones together.
func held() string {
	var b strings.Builder
	for fd := range names(openFiles) {
		file, _ := os.Readlink(filepath.Join(openFiles, fd))
		b.WriteString("file " + fd + " " + file + "\n")
	}
	pprof.Lookup("goroutine").WriteTo(&b, 1)
	return b.String()
}
