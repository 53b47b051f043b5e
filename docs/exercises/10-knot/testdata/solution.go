// Package knot moves money between accounts. This is the only file that you change.
package knot

import "github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockorder"

// Move moves money from one account to another, with both locked. These are never the same.
func Move(from, to *lockorder.Account, cents int) {
	first, second := from, to
	if second.Number < first.Number { // one order for all: who waits, waits for a higher number
		first, second = second, first
	}
	first.Lock()
	defer first.Unlock()
	second.Lock()
	defer second.Unlock()
	from.Add(-cents)
	to.Add(cents)
}
