package lostupdate

import (
	"runtime"
	"sync"
)

// broken adds 1 to a count n times in each of two goroutines, and returns the count.
func broken(n int) (count int) {
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for range n {
				old := count
				runtime.Gosched() // the other one's turn: sooner or later it comes just here
				count = old + 1   // WRONG: what the other has added since is overwritten
			}
		})
	}
	wg.Wait()
	return count
}
