package threadpercall

import (
	"runtime"
	"sync"
)

// broken makes each call on a thread of its own.
func broken(calls []func()) {
	var wg sync.WaitGroup
	for _, call := range calls {
		wg.Go(func() {
			runtime.LockOSThread() // WRONG: makes a thread for one call, which ends with it
			call()
		})
	}
	wg.Wait()
}
