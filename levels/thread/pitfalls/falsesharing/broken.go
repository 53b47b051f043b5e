package falsesharing

// broken gives each thread a counter of its own.
func broken(threads int) (counters []*int64) {
	all := make([]int64, threads) // WRONG: eight share a cache line, and one core may write to it
	for i := range all {
		counters = append(counters, &all[i])
	}
	return counters
}
