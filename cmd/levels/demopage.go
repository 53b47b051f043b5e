package main

import (
	"fmt"
	"os"
	"sync"

	"github.com/fourlevels/fourlevels/bench"
	"github.com/fourlevels/fourlevels/bench/live"
)

// page serves the act to browsers on this machine, and takes keys from there. Stop waits
// for the goroutine that does.
func (d *demoFlags) page(a *act, keys chan<- rune, quit func(error)) (page *live.Page, stop func(), err error) {
	page, err = live.NewPage(live.PageConfig{Title: a.header.Title, Alt: a.about, Projector: d.projector})
	if err != nil {
		return nil, nil, bench.Environment(err)
	}
	if interactive() { // which does not return by itself while it hands over single keys
		fmt.Fprintf(os.Stderr, "page: %s until q is pressed\r\n", page.URL())
	} else {
		fmt.Fprintln(os.Stderr, "page:", page.URL())
	}
	done := make(chan struct{})
	var taking sync.WaitGroup
	taking.Go(func() {
		for {
			select {
			case key := <-page.Keys():
				if key == 'q' {
					quit(errQuit)
				}
				press(keys, key)
			case <-done:
				return
			}
		}
	})
	return page, func() { close(done); taking.Wait() }, nil
}
