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
	over atomic.Pointer[time.Timer] // set when r has ended
}

func (l *leash) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if err != nil {
		l.over.Store(time.AfterFunc(500*time.Millisecond, func() { os.Exit(1) }))
	}
	return n, err
}

// letGo lets the process live on: what had to end has ended.
func (l *leash) letGo() {
	if timer := l.over.Load(); timer != nil {
		timer.Stop()
	}
}
