package nobackpressure

import (
	"iter"
	"sync"
)

// broken takes requests in as they come, and one worker answers them in turn.
func broken(requests iter.Seq[*Request], answer func(*Request)) {
	queue := make(chan *Request, 1_000_000) // WRONG: whoever puts one in is never told to wait
	var worker sync.WaitGroup
	worker.Go(func() {
		for r := range queue {
			answer(r)
		}
	})
	for r := range requests {
		queue <- r
	}
	close(queue)
	worker.Wait()
}
