// Package knot moves money between accounts. This is the only file that you change.
package knot

import "github.com/fourlevels/fourlevels/levels/thread/pitfalls/lockorder"

// Move moves money from one account to another, with both locked. These are never the same.
//
// Your part: nobody is to wait for ever, whoever else moves money at the same time.
func Move(from, to *lockorder.Account, cents int) {
	from.Lock()
	defer from.Unlock()
	to.Lock()
	defer to.Unlock()
	from.Add(-cents)
	to.Add(cents)
}
