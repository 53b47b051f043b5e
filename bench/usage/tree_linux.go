package usage

import (
	"os"
	"time"
)

// A Tree is the calling process and all its live descendants, without the
// excluded ones and what is below them. Make one with [NewTree]. One goroutine
// at a time may use it.
//
// The tree is found once and kept, as finding it costs seventy times what
// reading it does: 0.85 ms where a hundred processes run, against 12 us to read
// the CPU time of 20 (BenchmarkRefresh and BenchmarkCPU, on two virtual CPUs).
// What comes and goes after that:
//
//   - A process of the tree that is gone makes the next reading find the tree
//     anew, and with it the worker that took its place.
//   - A process that was added beside the others is first seen by
//     [Tree.Refresh], or once it has exited and has been waited for.
type Tree struct {
	self    int
	exclude map[int]bool
	procs   []process     // the live ones, self included
	highest time.Duration // the most that CPU has answered so far
}

// A process is one of a tree's.
type process struct {
	pid    int
	child  bool          // of the calling process, rather than further down
	last   time.Duration // its CPU clock when it was last read
	reaped time.Duration // CPU time of the children it waited for, as of the last Refresh
}

// NewTree finds the tree of the calling process. Excluded processes must stay
// alive as long as the tree is used: once this process has waited for one, its
// CPU time is among that of all children waited for and cannot be told apart.
func NewTree(exclude ...int) *Tree {
	t := &Tree{self: os.Getpid(), exclude: map[int]bool{}}
	for _, pid := range exclude {
		t.exclude[pid] = true
	}
	t.Refresh()
	return t
}

// Refresh finds the tree anew. It answers false if the system does not tell;
// nothing can be measured then.
//
// It reads the parent of every process there is. The kernel's own list of
// children (/proc/PID/task/TID/children) would be shorter to read, but is
// promised to be complete only while all of them stand still.
func (t *Tree) Refresh() bool {
	t.procs = descendants("/proc", t.self, t.exclude)
	return len(t.procs) > 0
}

// CPU answers the CPU time that the tree has used so far, to the nanosecond
// while a process lives and to the microsecond after. Only the difference of
// two answers means anything. False says that it was not measured.
//
// A process that exits takes its clock with it. Its time then counts as that
// of the children its parent waited for, so it is neither lost nor counted
// twice; that of a grandchild is known in clock ticks of 10 ms, as of the last
// Refresh. Lost are processes that a stranger waits for, which is what becomes
// of orphans. An answer is never lower than the one before.
func (t *Tree) CPU() (time.Duration, bool) {
	sum, whole := t.sum()
	if !whole {
		t.Refresh()
	}
	for !whole { // ends, as sum drops who is gone
		sum, whole = t.sum()
	}
	t.highest = max(t.highest, sum)
	return t.highest, len(t.procs) > 0
}

// sum adds up the tree's CPU time. It drops processes that are gone, and then
// says that the sum is not whole.
func (t *Tree) sum() (cpu time.Duration, whole bool) {
	// The dead come before the living: a process that dies in between is then
	// missed, which shows, whereas the other way round it would count twice.
	cpu, whole = waitedFor(), true
	kept := t.procs[:0]
	for _, p := range t.procs {
		now, ok := clock(p.pid)
		switch {
		case !ok, now < p.last: // a clock that runs backwards is a stranger's, with a pid used again
			whole = false
			continue
		case p.child && !waitable(p.pid): // dying, and perhaps among the dead already
			whole = false
			continue
		}
		p.last = now
		kept = append(kept, p)
		cpu += now + p.reaped
	}
	t.procs = kept
	return cpu, whole
}

// PeakRSS finds the tree anew and answers the sum of its processes' peaks, in
// bytes; see [Usage]. It knows nothing of processes that have exited. False
// says that it was not measured.
func (t *Tree) PeakRSS() (int64, bool) {
	if !t.Refresh() {
		return 0, false
	}
	var sum int64
	for _, p := range t.procs {
		sum += peakRSS("/proc", p.pid)
	}
	return sum, sum > 0
}

// Held finds the tree anew and answers how much memory its processes hold now, in
// bytes: their own, without the pages of files, most of which they share. False says that
// it was not measured.
func (t *Tree) Held() (int64, bool) {
	if !t.Refresh() {
		return 0, false
	}
	var sum int64
	for _, p := range t.procs {
		sum += status("/proc", p.pid, "RssAnon:") + status("/proc", p.pid, "RssShmem:")
	}
	return sum, sum > 0
}

// Processes finds the tree anew and answers how many live processes it has, the
// calling one included. False says that nobody knows.
func (t *Tree) Processes() (int, bool) {
	ok := t.Refresh()
	return len(t.procs), ok
}

// Usage finds the tree anew and answers both its sums. False says that they
// were not measured. The search is billed too, so around a short stretch
// [Tree.CPU] is the better witness.
func (t *Tree) Usage() (Usage, bool) {
	peak, ok := t.PeakRSS()
	if !ok {
		return Usage{}, false
	}
	cpu, ok := t.CPU()
	return Usage{CPU: cpu, PeakRSS: peak}, ok
}
