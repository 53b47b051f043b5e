package threadpercall

import (
	"runtime"
	"sync"
)

// fixed makes a few threads, and hands the calls over to them.
func fixed(calls []func()) {
	queue := make(chan func(), len(calls))
	for _, call := range calls {
		queue <- call
	}
	close(queue)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			runtime.LockOSThread()
			for call := range queue {
				call()
			}
		})
	}
	wg.Wait()
}
