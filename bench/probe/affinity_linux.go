package probe

import "golang.org/x/sys/unix"

// affinity answers how many CPUs the calling thread may run on.
func affinity() int {
	var mask unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mask); err != nil {
		return 0
	}
	return mask.Count()
}
