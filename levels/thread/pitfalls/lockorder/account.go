package lockorder

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/fourlevels/fourlevels/levels/thread/internal/stuck"
)

// An Account has a number of its own, and money that only those may touch who have locked it.
type Account struct {
	Number int

	bank  *bank
	mu    sync.Mutex
	held  atomic.Bool
	cents int
}

// Lock waits until nobody else has the account. Whoever has it first pauses until each
// other caller has an account too, or waits: the one moment in millions that is wanted.
func (a *Account) Lock() {
	if a.mu.TryLock() {
		a.bank.meet()
	} else {
		a.bank.arrived.Add(1)
		a.mu.Lock()
	}
	a.held.Store(true)
}

// Unlock gives it back. Whoever comes now must find no money between two accounts.
func (a *Account) Unlock() {
	a.held.Store(false)
	if a.bank.lone && a.bank.sum() != before*len(a.bank.accounts) {
		a.bank.torn.Add(1)
	}
	a.mu.Unlock()
}

// Add adds to the money, or takes from it.
func (a *Account) Add(cents int) {
	if !a.held.Load() {
		a.bank.open.Add(1)
	}
	a.cents += cents
}

// A bank has its accounts in a ring: caller i moves money from account i to the next one.
type bank struct {
	accounts []*Account
	lone     bool // there is only caller 0
	callers  *stuck.Callers
	arrived  atomic.Int64 // that have an account, or wait for one
	open     atomic.Int64 // additions to accounts that nobody had locked
	torn     atomic.Int64 // times when the sum of all was wrong and somebody else might have looked
}

const before = 1000 // cents on each account

func newBank(numbers []int, lone bool) *bank {
	b := &bank{callers: stuck.New(len(numbers)), lone: lone}
	if lone {
		b.callers = stuck.New(1)
	}
	for _, n := range numbers {
		b.accounts = append(b.accounts, &Account{Number: n, bank: b, cents: before})
	}
	return b
}

// meet returns when all callers have come to their first lock, or are kept from it.
func (b *bank) meet() {
	everyone := int64(len(b.accounts))
	if b.lone {
		return
	}
	for b.arrived.Add(1); b.arrived.Load() < everyone; {
		time.Sleep(20 * time.Microsecond)
		if b.arrived.Load() < everyone && b.callers.Idle() {
			b.arrived.Add(everyone) // they wait for something else: nobody comes any more
		}
	}
}

// sum is all the money there is.
func (b *bank) sum() (cents int) {
	for _, a := range b.accounts {
		cents += a.cents
	}
	return cents
}

// wrong counts the accounts that have another amount than they should, now that caller i
// has moved i+1 times so many cents.
func (b *bank) wrong(cents int) (n int) {
	for i, a := range b.accounts {
		out, in := i+1, i
		if i == 0 {
			in = len(b.accounts)
		}
		if a.cents != before+(in-out)*cents {
			n++
		}
	}
	return n
}
