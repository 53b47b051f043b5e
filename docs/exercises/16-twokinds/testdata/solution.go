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
func Answers(ctx context.Context, names []string, w World) ([]string, error) {
	staff := make(chan Worker, Workers) // who has nothing to do; nil is a place for somebody
	for range Workers {
		staff <- nil
	}
	answers, errs := make([]string, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			var page string
			if page, errs[i] = again(ctx, func() (string, error) { return fetch(ctx, w, name) }); errs[i] == nil {
				answers[i], errs[i] = again(ctx, func() (string, error) { return read(w, staff, page) })
			}
		})
	}
	wg.Wait()
	for range Workers {
		if worker := <-staff; worker != nil {
			worker.Home()
		}
	}
	return answers, errors.Join(errs...)
}

// again tries until it succeeds, or ctx ends.
func again(ctx context.Context, try func() (string, error)) (text string, err error) {
	for ctx.Err() == nil {
		if text, err = try(); err == nil {
			return text, nil
		}
	}
	return "", errors.Join(context.Cause(ctx), err)
}

// fetch does not wait for a peer that hangs.
func fetch(ctx context.Context, w World, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	return w.Fetch(ctx, name)
}

// read waits for a worker, and then for its answer. Whoever dies leaves a place.
func read(w World, staff chan Worker, page string) (answer string, err error) {
	worker := <-staff
	defer func() { staff <- worker }()
	if worker == nil {
		if worker, err = w.Hire(); err != nil {
			return "", err
		}
	}
	if answer, err = worker.Ask(page); err != nil {
		worker.Home()
		worker = nil
	}
	return answer, err
}
