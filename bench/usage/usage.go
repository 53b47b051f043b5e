// Package usage says what a process and the workers below it used: CPU time,
// and memory at its peak.
//
// A level is not only the process that runs the benchmark. Its workers are
// processes of their own, and a private Redis server is one too; a comparison
// of levels that bills only the caller flatters whoever works elsewhere. So a
// benchmark reads the whole [Tree] before and after, and leaves out what is
// not the level's: the origin that the tasks fetch from.
//
//	tree := usage.NewTree(origin.Pid)
//	before, ok := tree.CPU()
//	... the measured stretch ...
//	after, _ := tree.CPU()
//	peak, _ := tree.PeakRSS()
//
// Processes on other machines, and a server that somebody else started, are
// not in the tree and not in its sums.
package usage

import "time"

// A Usage is what the processes of a [Tree] used.
type Usage struct {
	// CPU is time on a processor, user and system together, of all threads,
	// since each process began.
	CPU time.Duration

	// PeakRSS is the sum, in bytes, of the most memory that each process held
	// resident at any one time. The peaks need not have coincided, and a page
	// that two processes share counts in both: it is an upper bound.
	PeakRSS int64
}
