package crumbs

import (
	"slices"
	"sync"
)

// fixed adds up numbers with several workers, who get 4096 at a time.
func fixed(numbers []int32, workers int) (total int64) {
	tasks := make(chan []int32, 1024)
	sums := make(chan int64, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			var sum int64
			for chunk := range tasks {
				for _, n := range chunk {
					sum += int64(n)
				}
			}
			sums <- sum
		})
	}
	for chunk := range slices.Chunk(numbers, 4096) {
		tasks <- chunk
	}
	close(tasks)
	wg.Wait()
	for range workers {
		total += <-sums
	}
	return total
}
