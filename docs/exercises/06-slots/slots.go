// Package slots gets pages from a server that takes only so many requests at once. This is
// the only file that you change.
package slots

import (
	"errors"
	"sync"
)

// All gets all pages: bodies[i] is that of pages[i]. If some fail, it gets the others
// nevertheless, and returns their errors as one.
//
// Your part: never more than atOnce requests under way. And no page that waits for its
// turn may cost a goroutine meanwhile: there may be a million.
func All(pages []string, atOnce int, get func(page string) (string, error)) ([]string, error) {
	bodies := make([]string, len(pages))
	errs := make([]error, len(pages))
	var wg sync.WaitGroup
	for i, page := range pages {
		wg.Go(func() { bodies[i], errs[i] = get(page) })
	}
	wg.Wait()
	return bodies, errors.Join(errs...)
}
