// Package count counts visitors at two doors. This is the only file that you change.
package count

import (
	"sync"

	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lostupdate"
)

// Count counts n visitors at each of two doors, which are open at the same time.
func Count(visitors *lostupdate.Count, n int) {
	var doors sync.WaitGroup
	var one sync.Mutex // at a time, from reading to writing
	for range 2 {
		doors.Go(func() {
			for range n {
				one.Lock()
				before := visitors.Read()
				visitors.Write(before + 1)
				one.Unlock()
			}
		})
	}
	doors.Wait()
}
