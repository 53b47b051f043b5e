package lostupdate

import "sync"

// fixed reads and writes in one step that nobody else can be in.
func fixed(count *Count, n int) {
	var wg sync.WaitGroup
	var mu sync.Mutex // guards count
	for range 2 {
		wg.Go(func() {
			for range n {
				mu.Lock()
				old := count.Read()
				count.Write(old + 1)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}
