package simulation

import (
	"flag"
	"runtime"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/fourlevels/fourlevels/levels/machine/store/storetest"
)

// A model with a mistake is found out.
func TestDifferenceIsFound(t *testing.T) {
	flag.Set("rapid.shrinktime", "0s")
	defer flag.Set("rapid.shrinktime", "30s")
	for _, broken := range []Broken{PopWithoutLease, NoRecovery, NoFence, PushWithRetry, NoDeadLetter, OneTooMany, GiveBackCosts} {
		w := newWire(t, storetest.Best().URL)
		c := &caught{T: t}
		var checking sync.WaitGroup
		checking.Go(func() {
			rapid.Check(c, func(rt *rapid.T) {
				model := NewStore()
				model.broken = broken
				compareOnce(rt, w, model)
			})
		})
		checking.Wait()
		if !c.failed {
			t.Errorf("%v: the model answers as the scripts do", broken)
		}
	}
}

// A caught test is one whose failure is wanted.
type caught struct {
	*testing.T
	failed bool
}

func (c *caught) Errorf(string, ...any) { c.failed = true }
func (c *caught) Logf(string, ...any)   {}
func (c *caught) Log(...any)            {}
func (c *caught) Fatalf(string, ...any) { c.FailNow() }
func (c *caught) Failed() bool          { return c.failed }
func (c *caught) Fail()                 { c.failed = true }
func (c *caught) FailNow()              { c.failed = true; runtime.Goexit() }
