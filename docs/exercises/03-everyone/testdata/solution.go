// Package everyone takes children on a trip. This is the only file that you change.
package everyone

import (
	"errors"
	"sync"
)

// Board sends all children to their seats at once: seats[i] is that of names[i].
func Board(names []string, seat func(name string) (int, error)) (seats []int, missed error) {
	seats = make([]int, len(names))
	errs := make([]error, len(names)) // one place for each: nobody writes where another does
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { seats[i], errs[i] = seat(name) }) // Go counts before it begins
	}
	wg.Wait()
	return seats, errors.Join(errs...) // nil if all of them are
}
