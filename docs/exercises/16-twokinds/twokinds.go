// Package twokinds fetches pages from the network and has processes read them. This is the
// only file that you change.
package twokinds

import (
	"context"
	"errors"
	"sync"
	"time"
)

// World is what you work with. Its methods may be called at the same time. (Leave it as it
// is: the grade knows it.)
type World interface {
	// Fetch gets a page from a peer, over a socket. It ends with ctx: a peer may hang.
	Fetch(ctx context.Context, name string) (page string, err error)

	// Hire gets a worker process that has nothing to do. There are Workers of them at most
	// until others have been sent home.
	Hire() (Worker, error)
}

// A Worker is a process, which reads one page at a time.
type Worker interface {
	// Ask has the worker read a page, and waits for its answer. It fails if the process
	// dies; then it is of no use any more.
	Ask(page string) (answer string, err error)

	// Home sends the worker home, dead or alive.
	Home()
}

const (
	Workers  = 6
	Patience = 100 * time.Millisecond // a peer that has not answered by then never will: one that does takes 3 ms
)

// Answers fetches all pages and has each read: answer i is that of page i. It fails if a
// page has no answer when ctx ends, and then says why.
//
// Your part: the two kinds of waiting overlap, with Workers processes at work; a peer that
// hangs is asked again, and a page whose worker dies is read by another; and when Answers
// returns, all workers are at home.
func Answers(ctx context.Context, names []string, w World) ([]string, error) {
	pages, answers, errs := make([]string, len(names)), make([]string, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { pages[i], errs[i] = w.Fetch(ctx, name) })
	}
	wg.Wait()
	worker, err := w.Hire()
	if err != nil {
		return answers, err
	}
	defer worker.Home()
	for i, page := range pages {
		if errs[i] == nil {
			answers[i], errs[i] = worker.Ask(page)
		}
	}
	return answers, errors.Join(errs...)
}
