//go:build !linux

package probe

// affinity answers 0: not known here.
func affinity() int { return 0 }
