package nolimit

import (
	"errors"
	"sync"
)

// broken gets all pages from a server that takes so many requests at once.
func broken(pages []string, atOnce int, get func(page string) (string, error)) ([]string, error) {
	bodies, errs := make([]string, len(pages)), make([]error, len(pages))
	var wg sync.WaitGroup
	for i, page := range pages {
		wg.Go(func() { bodies[i], errs[i] = get(page) }) // WRONG: all of them ask at the same time
	}
	wg.Wait()
	return bodies, errors.Join(errs...)
}
