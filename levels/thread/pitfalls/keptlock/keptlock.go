// Package keptlock is a pitfall of threads: a function that returns early keeps its lock.
// The call itself goes well; it is the next ones that wait for ever.
package keptlock

import (
	"context"
	"embed"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/fourlevels/fourlevels/levels/pitfall"
	"github.com/fourlevels/fourlevels/levels/thread/internal/stuck"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "T3b",
	Name:  "keptlock",
	Title: "The lock that was kept",
	Level: "thread",
	Story: "A function locks an account, finds too little money on it, and returns with an error and with the lock.",

	Class:  pitfall.Count,
	Unit:   "callers stuck of 8",
	Breaks: pitfall.Exactly(later),
	Work:   1 + later,
	Ask: pitfall.Predict{
		Question: "One withdrawal is refused, by an early return that does not unlock. Then 8 goroutines withdraw a cent each. How many of these get stuck?",
		Choices: [3]pitfall.Choice{
			{Says: "none: the lock ends with the function", If: pitfall.Exactly(0)},
			{Says: "some: the first ones, for a while", If: pitfall.Between(1, later-1)},
			{Says: "all 8", If: pitfall.Exactly(later)},
		},
	},

	Hints: [3]string{
		"Follow each way out of the function: what does it leave behind?",
		"Look at the return in the middle: between Lock and it there is no Unlock.",
		"defer a.Unlock() in the line after a.Lock(), and drop the other Unlock.",
	},
	Why:   "A Mutex has no owner that could die: it stays locked when the function that locked it has returned. It shows at the next caller, far from the line that is wrong.",
	Fix:   "defer the Unlock right after the Lock: it runs on every way out, a panic too.",
	Price: "The lock is held to the end of the function: where that is too long, the locked part becomes a function of its own.",
	Sources: []string{
		"moby/moby#17176: devmapper kept its lock when there was nothing to delete, and Docker hung",
		"cockroachdb/cockroach#106411: a mutex was not unlocked on the error path",
	},

	Code:   code,
	Broken: Observe(broken),
	Fixed:  Observe(fixed),
}

const (
	later = 8 // callers that come after the one who is refused
	cents = 100
)

// ErrTooLittle refuses a withdrawal.
var ErrTooLittle = errors.New("there is too little on the account")

// An Account is locked by those who touch its money.
type Account struct {
	sync.Mutex
	Cents int
}

// Observe runs a way to withdraw money: one withdrawal of too much, and then the others,
// all at once.
func Observe(withdraw func(a *Account, cents int) error) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		account := &Account{Cents: cents}
		var right, wrong atomic.Int64
		try := func(cents int, want error) {
			if errors.Is(withdraw(account, cents), want) {
				right.Add(1)
			} else {
				wrong.Add(1)
			}
		}
		left := stuck.New(1).Run(ctx, func(int) { try(cents+1, ErrTooLittle) })
		left += stuck.New(later).Run(ctx, func(int) { try(1, nil) })
		if left == 0 && account.Cents != cents-later {
			wrong.Add(1)
		}
		return pitfall.Seen{Outcomes: []pitfall.Outcome{
			{What: "answered", Verdict: pitfall.Expected, Count: int(right.Load())},
			{What: "wrong answer or amount", Verdict: pitfall.Forbidden, Count: int(wrong.Load())},
			{What: "caller stuck", Verdict: pitfall.Forbidden, Count: left},
		}}, context.Cause(ctx)
	}
}
