package hotcounter

import "sync"

// fixed adds up each part by itself, and brings the sums together once.
func fixed(parts [][]uint16) (total int) {
	var wg sync.WaitGroup
	var mu sync.Mutex // guards total
	for _, part := range parts {
		wg.Go(func() {
			mine := 0
			for _, bytes := range part {
				mine += int(bytes)
			}
			mu.Lock()
			total += mine
			mu.Unlock()
		})
	}
	wg.Wait()
	return total
}
