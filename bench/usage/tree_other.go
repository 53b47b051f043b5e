//go:build !linux

package usage

import "time"

// A Tree would be the calling process and all its live descendants. How to read
// them is written for Linux only, and no number is better than one that leaves
// the workers out: here nothing is measured.
type Tree struct{}

// NewTree answers a tree of which nothing is known.
func NewTree(exclude ...int) *Tree { return &Tree{} }

// Refresh answers false: nothing can be measured.
func (*Tree) Refresh() bool { return false }

// CPU answers false: it was not measured.
func (*Tree) CPU() (time.Duration, bool) { return 0, false }

// PeakRSS answers false: it was not measured.
func (*Tree) PeakRSS() (int64, bool) { return 0, false }

// Held answers false: it was not measured.
func (*Tree) Held() (int64, bool) { return 0, false }

// Usage answers false: neither was measured.
func (*Tree) Usage() (Usage, bool) { return Usage{}, false }

// Processes says that it is not known how many there are.
func (t *Tree) Processes() (int, bool) { return 0, false }
