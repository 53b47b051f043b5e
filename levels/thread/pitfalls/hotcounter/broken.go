package hotcounter

import "sync"

// broken adds up the bytes of all requests, in one goroutine for each part of the log.
func broken(parts [][]uint16) (total int) {
	var wg sync.WaitGroup
	var mu sync.Mutex // guards total
	for _, part := range parts {
		wg.Go(func() {
			for _, bytes := range part {
				mu.Lock() // WRONG: all goroutines meet here, for each single request
				total += int(bytes)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return total
}
