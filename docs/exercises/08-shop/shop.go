// Package shop keeps what others have to fetch. This is the only file that you change.
package shop

import "sync"

// A Larder has what somebody has asked for before, and goes to the shop for the rest.
type Larder struct {
	shop func(item string) (string, error) // slow, and dear

	mu   sync.Mutex
	kept map[string]string // guarded by mu
}

// New opens an empty larder.
func New(shop func(item string) (string, error)) *Larder {
	return &Larder{shop: shop, kept: map[string]string{}}
}

// Get returns the item.
//
// Your part: of those who ask for the same item while somebody is on the way for it,
// nobody goes again. They wait, and get what is brought, or hear the same error. An error is
// not kept: who asks later goes again. And nobody waits because of another item.
func (l *Larder) Get(item string) (string, error) {
	l.mu.Lock()
	thing, ok := l.kept[item]
	l.mu.Unlock()
	if ok {
		return thing, nil
	}
	thing, err := l.shop(item)
	if err != nil {
		return "", err
	}
	l.mu.Lock()
	l.kept[item] = thing
	l.mu.Unlock()
	return thing, nil
}
