package threadpercall

import (
	"runtime"
	"sync"
)

// fixed hands the calls over to a few workers that live on.
func fixed(calls []func()) {
	queue := make(chan func(), len(calls))
	for _, call := range calls {
		queue <- call
	}
	close(queue)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for call := range queue {
				call()
			}
		})
	}
	wg.Wait()
}
