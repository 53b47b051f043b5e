package process

import (
	"io"
	"os"
	"sync/atomic"
	"time"
)

// A leash ends the process half a second after its reader has ended.
type leash struct {
	r    io.Reader
	free atomic.Bool
}

func (l *leash) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if err != nil {
		time.AfterFunc(500*time.Millisecond, func() {
			if !l.free.Load() {
				os.Exit(1)
			}
		})
	}
	return n, err
}

// letGo lets the process live on: what had to end has ended.
func (l *leash) letGo() { l.free.Store(true) }
