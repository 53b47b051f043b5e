package crumbs

import "sync"

// broken adds up numbers with several workers, who get them through a channel.
func broken(numbers []int32, workers int) (total int64) {
	tasks := make(chan int32, 1024)
	sums := make(chan int64, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			var sum int64
			for n := range tasks {
				sum += int64(n)
			}
			sums <- sum
		})
	}
	for _, n := range numbers {
		tasks <- n // WRONG: to send a number takes a hundred times as long as to add it
	}
	close(tasks)
	wg.Wait()
	for range workers {
		total += <-sums
	}
	return total
}
