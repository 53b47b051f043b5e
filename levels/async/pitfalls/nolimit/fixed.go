package nolimit

import (
	"errors"
	"sync"
)

// fixed begins a request only when there is a slot for it.
func fixed(pages []string, atOnce int, get func(page string) (string, error)) ([]string, error) {
	bodies, errs := make([]string, len(pages)), make([]error, len(pages))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, page := range pages {
		slots <- struct{}{} // waits while all are taken
		wg.Go(func() {
			defer func() { <-slots }()
			bodies[i], errs[i] = get(page)
		})
	}
	wg.Wait()
	return bodies, errors.Join(errs...)
}
