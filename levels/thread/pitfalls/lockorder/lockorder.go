// Package lockorder is a pitfall of threads: two of them need the same two locks, take
// them in different orders, and wait for each other for ever.
package lockorder

import (
	"context"
	"embed"
	"math/rand/v2"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T3",
	Name:  "lockorder",
	Title: "Lock order",
	Level: "thread",
	Story: "Two threads move money between the same two accounts, in opposite directions; each locks the one it takes from, and waits for the other's for ever.",

	Class:  pitfall.Count,
	Unit:   "callers stuck",
	Breaks: pitfall.Exactly(2),
	Work:   callers,
	Ask: pitfall.Predict{
		Question: "One caller moves money from A to B, another from B to A, at the same moment; each locks from, then to. How many of the two come back?",
		Choices: [3]pitfall.Choice{
			{Says: "both: the second waits for the first", If: pitfall.Exactly(0)},
			{Says: "one", If: pitfall.Exactly(1)},
			{Says: "none", If: pitfall.AtLeast(2)},
		},
	},

	Hints: [3]string{
		"Draw who has which lock and who waits for which one. When does the drawing have a circle?",
		"Look at the first lock: which account it is depends on the way the money goes.",
		"Lock the account with the lower Number first, whether it is from or to; then the other one.",
	},
	Why:   "Each has the lock that the other needs, and gives it up only when it has both. No Mutex ends that. Go says \"all goroutines are asleep\" only if no goroutine of the whole program can go on, so a server hangs in silence.",
	Fix:   "One order for all: whoever needs several locks takes them by number, name or level. Or one lock over both.",
	Price: "A comparison; and an order that everybody who takes two of these locks must know of and keep to.",
	Sources: []string{
		"moby/moby#4951: an AB-BA deadlock of the global lock and a device's; the fix is an order",
		"GoBench: of its 68 blocking kernels 6 are AB-BA, and 14 lock the same lock twice",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

// In the first schedule there are two callers, A to B and B to A; in the others rings of
// two to four.
const (
	schedules = 200
	callers   = 67*2 + 67*3 + 66*4
)

// Observe runs a way to move money: first for a lone caller, who must leave no money
// between two accounts, then in schedules in which all callers lock at the same time. The
// first that does not end is the last.
func Observe(move func(from, to *Account, cents int)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		alone := newBank([]int{0, 1}, true)
		stuck := alone.callers.Run(ctx, func(int) { move(alone.accounts[0], alone.accounts[1], 1) })
		var moved, wrong, open int
		for i := 0; i < schedules && stuck == 0 && ctx.Err() == nil; i++ {
			b, cents := newBank(rand.Perm(2+i%3), false), 1+rand.IntN(before)
			stuck = b.callers.Run(ctx, func(i int) {
				move(b.accounts[i], b.accounts[(i+1)%len(b.accounts)], (i+1)*cents)
			})
			moved += len(b.accounts) - stuck
			open += int(b.open.Load())
			if stuck == 0 {
				wrong += b.wrong(cents)
			}
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "money moved", Verdict: pitfall.Expected, Count: moved},
			{What: "caller stuck", Verdict: pitfall.Forbidden, Count: stuck},
			{What: "account with a wrong amount", Verdict: pitfall.Forbidden, Count: wrong},
			{What: "money touched without the lock", Verdict: pitfall.Forbidden, Count: open},
			{What: "money on the way while nobody holds it", Verdict: pitfall.Forbidden, Count: int(alone.torn.Load())},
		}}, context.Cause(ctx)
	}
}
