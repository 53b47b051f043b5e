//go:build !linux

package bench

// cpuName is the processor's name, where it is known how to find it.
func cpuName() string { return "unknown" }
