package falsesharing

// A padded counter has its cache line, and the next one, to itself.
type padded struct {
	n int64
	_ [120]byte
}

// fixed gives each thread a counter with room around it.
func fixed(threads int) (counters []*int64) {
	all := make([]padded, threads)
	for i := range all {
		counters = append(counters, &all[i].n)
	}
	return counters
}
