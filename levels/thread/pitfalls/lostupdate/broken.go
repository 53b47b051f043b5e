package lostupdate

import "sync"

// broken adds 1 to a count n times in each of two goroutines.
func broken(count *Count, n int) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range n {
				old := count.Read()
				count.Write(old + 1) // WRONG: what the other has added since is overwritten
			}
		})
	}
	wg.Wait()
}
