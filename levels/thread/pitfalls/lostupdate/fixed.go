package lostupdate

import (
	"runtime"
	"sync"
)

// fixed reads and writes in one step that nobody else can be in.
func fixed(n int) (count int) {
	var wg sync.WaitGroup
	var mu sync.Mutex // guards count
	for range 2 {
		wg.Go(func() {
			for range n {
				mu.Lock()
				old := count
				runtime.Gosched()
				count = old + 1
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return count
}
