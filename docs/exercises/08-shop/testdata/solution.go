// Package shop keeps what others have to fetch. This is the only file that you change.
package shop

import (
	"errors"
	"sync"
)

// A Larder has what somebody has asked for before, and goes to the shop for the rest.
type Larder struct {
	shop func(item string) (string, error) // slow, and dear

	mu    sync.Mutex
	trips map[string]*trip // guarded by mu
}

// A trip is one way to the shop, for all who ask meanwhile; and then for those who ask later.
type trip struct {
	back  chan struct{} // closed when thing and err are there
	thing string
	err   error
}

// New opens an empty larder.
func New(shop func(item string) (string, error)) *Larder {
	return &Larder{shop: shop, trips: map[string]*trip{}}
}

// Get returns the item. The first who asks goes; the lock is not held on the way.
func (l *Larder) Get(item string) (string, error) {
	l.mu.Lock()
	t, ok := l.trips[item]
	if !ok {
		t = &trip{back: make(chan struct{}), err: errors.New("nobody came back")}
		l.trips[item] = t
	}
	l.mu.Unlock()
	if ok {
		<-t.back
		return t.thing, t.err
	}
	defer func() { // also if shop panics: nobody is to wait for ever
		if t.err != nil {
			l.mu.Lock()
			delete(l.trips, item)
			l.mu.Unlock()
		}
		close(t.back)
	}()
	t.thing, t.err = l.shop(item)
	return t.thing, t.err
}
