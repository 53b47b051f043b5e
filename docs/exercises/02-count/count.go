// Package count counts visitors at two doors. This is the only file that you change.
package count

import (
	"sync"

	"github.com/fourlevels/fourlevels/levels/thread/pitfalls/lostupdate"
)

// Count counts n visitors at each of two doors, which are open at the same time.
//
// Your part: nobody is to be forgotten, though both doors use one count.
func Count(visitors *lostupdate.Count, n int) {
	var doors sync.WaitGroup
	for range 2 {
		doors.Go(func() {
			for range n {
				before := visitors.Read()
				visitors.Write(before + 1)
			}
		})
	}
	doors.Wait()
}
