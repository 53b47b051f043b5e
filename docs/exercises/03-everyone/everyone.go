// Package everyone takes children on a trip. This is the only file that you change.
package everyone

import "sync"

// Board sends all children to their seats at once: seats[i] is that of names[i].
//
// Your part: it is to return only when every child has a seat or has failed to find one,
// and its error is to name all who failed, not only one of them.
func Board(names []string, seat func(name string) (int, error)) (seats []int, missed error) {
	seats = make([]int, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		go func() {
			wg.Add(1)
			defer wg.Done()
			found, err := seat(name)
			if err != nil {
				missed = err
			}
			seats[i] = found
		}()
	}
	wg.Wait()
	return seats, missed
}
