package main

import (
	"os"
	"sync"
)

// stdout is where tables go, line by line. Who prints need not look at each error: what
// was printed in part, as into a full disk, is no success, and that is found at the end.
var stdout = &printer{to: os.Stdout}

// A printer remembers the first write that failed. It may be used concurrently.
type printer struct {
	to     *os.File
	mu     sync.Mutex
	failed error
}

func (p *printer) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, err := p.to.Write(text)
	if p.failed == nil {
		p.failed = err
	}
	return n, err
}

// err is that of the first write that failed.
func (p *printer) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}
