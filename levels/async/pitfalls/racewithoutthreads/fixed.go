package racewithoutthreads

// fixed waits first, and does not wait between reading and writing.
func fixed(left *int, pay func(then func())) {
	pay(func() {
		n := *left
		*left = n - 1
	})
}
