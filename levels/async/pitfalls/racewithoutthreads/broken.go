package racewithoutthreads

// broken sells one ticket of those that are left; the loop calls it.
func broken(left *int, pay func(then func())) {
	n := *left
	pay(func() { // in asyncio: await pay(); the loop serves other buyers meanwhile
		*left = n - 1 // WRONG: n is from before the wait, and the others have bought since
	})
}
