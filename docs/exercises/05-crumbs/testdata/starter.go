// Package crumbs adds numbers up with many workers. This is the only file that you change.
package crumbs

// Sum adds up the value of each number: so many workers, at once.
//
// Your part: make it fast. To hand over a number costs tens to hundreds of times what it
// takes to add it.
func Sum(numbers []int, workers int, value func(int) int) (sum int) {
	tasks, sums := make(chan int), make(chan int)
	for range workers {
		go func() { // ends with tasks, and with its sum below
			mine := 0
			for number := range tasks {
				mine += value(number)
			}
			sums <- mine
		}()
	}
	for _, number := range numbers {
		tasks <- number
	}
	close(tasks)
	for range workers {
		sum += <-sums
	}
	return sum
}
