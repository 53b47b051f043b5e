package pool

import (
	"bytes"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A gate keeps the answers of all workers back until each has been written to. Whoever asks
// one worker after the other waits there, and the gate gives in after some seconds.
type gate struct {
	missing atomic.Int64  // workers that have not been written to
	open    chan struct{} // closed when there is none
	gaveIn  atomic.Bool
	readers sync.WaitGroup
}

func newGate(workers int64) *gate {
	g := &gate{open: make(chan struct{})}
	g.missing.Store(workers)
	return g
}

// written hears of the first write to a worker.
func (g *gate) written() {
	if g != nil && g.missing.Add(-1) == 0 {
		close(g.open)
	}
}

// behind returns what comes from a worker, once the gate is open. It reads on before: no
// worker waits because of the gate.
func (g *gate) behind(from io.Reader) io.Reader {
	if g == nil {
		return from
	}
	k := &kept{gate: g}
	k.more.L = &k.mu
	g.readers.Go(func() { k.readAll(from) })
	return k
}

// wait returns when all workers are gone.
func (g *gate) wait() {
	if g != nil {
		g.readers.Wait()
	}
}

// pass waits at the gate.
func (g *gate) pass() {
	if g.gaveIn.Load() {
		return
	}
	select {
	case <-g.open:
	case <-time.After(5 * time.Second):
		g.gaveIn.Store(true)
	}
}

// kept is what a worker has said.
type kept struct {
	gate *gate
	mu   sync.Mutex // guards all below
	more sync.Cond
	said bytes.Buffer
	end  error
}

func (k *kept) readAll(from io.Reader) {
	for b := make([]byte, 64<<10); ; {
		n, err := from.Read(b)
		k.mu.Lock()
		k.said.Write(b[:n])
		k.end = err
		k.more.Broadcast()
		k.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (k *kept) Read(b []byte) (int, error) {
	k.gate.pass()
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.said.Len() == 0 && k.end == nil {
		k.more.Wait()
	}
	if k.said.Len() == 0 {
		return 0, k.end
	}
	return k.said.Read(b)
}
