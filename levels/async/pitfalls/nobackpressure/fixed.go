package nobackpressure

import (
	"iter"
	"sync"
)

// fixed takes the next request in when there is room, and one worker answers them in turn.
func fixed(requests iter.Seq[*Request], answer func(*Request)) {
	queue := make(chan *Request, 4)
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
