// Package slots gets pages from a server that takes only so many requests at once. This is
// the only file that you change.
package slots

import (
	"errors"
	"sync"
)

// All gets all pages: bodies[i] is that of pages[i]. If some fail, it gets the others
// nevertheless, and returns their errors as one.
func All(pages []string, atOnce int, get func(page string) (string, error)) ([]string, error) {
	bodies := make([]string, len(pages))
	errs := make([]error, len(pages))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, page := range pages {
		slots <- struct{}{} // the loop waits while all are taken: backpressure
		wg.Go(func() {
			defer func() { <-slots }() // a slot is free again as soon as its request is over
			bodies[i], errs[i] = get(page)
		})
	}
	wg.Wait()
	return bodies, errors.Join(errs...)
}
