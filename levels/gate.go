package levels

import "sync"

// A Gate is half of every level's Close: it lets calls in until it is closed,
// and closing it waits for those inside. Whoever writes a [Level] may use it:
//
//	func (l *MyLevel) Run(ctx context.Context, tasks []levels.Task) []levels.Result {
//		if !l.gate.Enter() {
//			return levels.Failed(len(tasks), levels.ErrClosed)
//		}
//		defer l.gate.Leave()
//		...
//	}
//
// The zero Gate is open. It must not be copied after first use. A call that is
// inside may Enter again: it is turned away, not blocked, once Close has begun.
type Gate struct {
	mu     sync.Mutex // guards closed, and orders inside.Add before inside.Wait
	closed bool
	inside sync.WaitGroup
}

// Enter reports whether the gate is open. If so, the caller is inside and must
// call [Gate.Leave] when it is done.
func (g *Gate) Enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.inside.Add(1)
	return true
}

// Leave ends what a successful [Gate.Enter] began.
func (g *Gate) Leave() { g.inside.Done() }

// Close turns later calls away and waits until those inside have left. It
// never fails; the error is there so that a level's Close can return it.
func (g *Gate) Close() error {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.inside.Wait()
	return nil
}

// Failed returns n results that all say err.
func Failed(n int, err error) []Result {
	results := make([]Result, n)
	for i := range results {
		results[i].Err = err
	}
	return results
}
