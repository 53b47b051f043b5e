// Package crumbs adds numbers up with many workers. This is the only file that you change.
package crumbs

import "slices"

// loaf is how many numbers are handed over at once. From some hundred on, handing over is
// lost in adding; with too many, the last worker is alone in the end.
const loaf = 4096

// Sum adds up the value of each number: so many workers, at once.
func Sum(numbers []int, workers int, value func(int) int) (sum int) {
	tasks, sums := make(chan []int), make(chan int)
	for range workers {
		go func() { // ends with tasks, and with its sum below
			mine := 0
			for loaf := range tasks {
				for _, number := range loaf {
					mine += value(number)
				}
			}
			sums <- mine
		}()
	}
	for some := range slices.Chunk(numbers, loaf) {
		tasks <- some
	}
	close(tasks)
	for range workers {
		sum += <-sums
	}
	return sum
}
