package shop

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m) }

// patience is for students' programs that hang: all others need a few milliseconds.
const patience = 5 * time.Second

// A crowd asks for one item at once.
type crowd struct {
	asking atomic.Int64
	size   int64
}

// waitForAll is for the shop: it returns when all are about to ask, and have had some time to.
func (c *crowd) waitForAll() {
	for end := time.Now().Add(patience); c.asking.Load() < c.size && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(10 * time.Millisecond)
}

// ask returns what each of them got.
func (c *crowd) ask(t *testing.T, l *Larder, item string) (things []string, errs []error) {
	things, errs = make([]string, c.size), make([]error, c.size)
	var wg sync.WaitGroup
	for i := range c.size {
		wg.Go(func() {
			c.asking.Add(1)
			things[i], errs[i] = l.Get(item)
		})
	}
	within(t, wg.Wait, "%d ask for %s, and not all get an answer", c.size, item)
	return things, errs
}

// within ends the test if a call does not return.
func within(t *testing.T, call func(), format string, args ...any) {
	t.Helper()
	done := make(chan struct{})
	go func() { // ends with the call, or with the process
		defer close(done)
		call()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		grade.NotYet(t, format, args...)
	}
}

func TestWhatIsKept(t *testing.T) {
	trips := 0
	l := New(func(item string) (string, error) {
		trips++
		return fmt.Sprint(item, " ", trips), nil
	})
	for _, want := range []struct{ item, thing string }{{"milk", "milk 1"}, {"milk", "milk 1"}, {"bread", "bread 2"}, {"milk", "milk 1"}} {
		if thing, err := l.Get(want.item); err != nil || thing != want.thing {
			grade.NotYet(t, "one after another: Get(%q) is %q (error: %v), and should be %q", want.item, thing, err, want.thing)
		}
	}
}

func TestOneTrip(t *testing.T) {
	c := &crowd{size: 100}
	var trips atomic.Int64
	l := New(func(item string) (string, error) {
		trips.Add(1)
		c.waitForAll()
		return item, nil
	})
	things, errs := c.ask(t, l, "milk")
	if n := trips.Load(); n != 1 {
		grade.NotYet(t, "100 ask for milk at once, and %d go to the shop, not 1", n)
	}
	for i := range things {
		if things[i] != "milk" || errs[i] != nil {
			grade.NotYet(t, "one of 100 who ask for milk at once gets %q (error: %v)", things[i], errs[i])
		}
	}
}

// While somebody is on the way for milk, bread is fetched, and what is there is taken.
func TestNobodyWaitsForOtherThings(t *testing.T) {
	onTheWay, back := make(chan struct{}, 9), make(chan struct{})
	l := New(func(item string) (string, error) {
		if item == "milk" {
			onTheWay <- struct{}{}
			<-back
		}
		return item, nil
	})
	l.Get("salt")
	var milk sync.WaitGroup
	milk.Go(func() { l.Get("milk") })
	within(t, func() { <-onTheWay }, "somebody asks for milk, and nobody goes to the shop")
	within(t, func() { l.Get("salt") }, "somebody is on the way for milk, and who takes salt, which is there, waits for the milk")
	within(t, func() { l.Get("bread") }, "somebody is on the way for milk, and who asks for bread waits for the milk")
	close(back)
	within(t, milk.Wait, "the milk is there, and who has fetched it never returns")
}

var errClosed = errors.New("the shop is closed")

// An error is for all who wait, and for nobody after them. Somebody of the crowd may come after it
// on a busy machine, and rightly goes again: so it has three tries.
func TestErrors(t *testing.T) {
	var n int64
	for range 3 {
		if n = closed(t); n == 1 {
			return
		}
	}
	grade.NotYet(t, "20 ask for milk at once, the shop is closed, and %d go there, not 1: who waits is to hear the same error", n)
}

// closed is how many of 20 go to a shop that is closed.
func closed(t *testing.T) int64 {
	c := &crowd{size: 20}
	var trips atomic.Int64
	var open atomic.Bool
	l := New(func(item string) (string, error) {
		trips.Add(1)
		if open.Load() {
			return item, nil
		}
		c.waitForAll()
		return "", errClosed
	})
	_, errs := c.ask(t, l, "milk")
	n := trips.Load()
	for _, err := range errs {
		if !errors.Is(err, errClosed) {
			grade.NotYet(t, "the shop is closed, and one of those who ask for milk hears: %v", err)
		}
	}
	open.Store(true)
	if thing, err := l.Get("milk"); err != nil || thing != "milk" {
		grade.NotYet(t, "the shop was closed, and is open again: Get is %q (error: %v), and should go again", thing, err)
	}
	return n
}

// Who waits for a trip that panics must not wait for ever, or get nothing without an error;
// and who asks later goes again.
func TestPanic(t *testing.T) {
	c := &crowd{size: 2}
	var trips atomic.Int64
	l := New(func(item string) (string, error) {
		if trips.Add(1) > 1 {
			return item, nil
		}
		c.waitForAll()
		panic("the shop burns down: who went is to hear of it, and who waits is not to wait for ever")
	})
	things, errs := make([]string, c.size), make([]error, c.size)
	var wg sync.WaitGroup
	for i := range c.size {
		wg.Go(func() {
			c.asking.Add(1)
			things[i], errs[i] = survives(l, "milk")
		})
	}
	within(t, wg.Wait, "the shop panics, and who waits for it waits for ever: tidy up in a defer")
	for i := range things {
		if things[i] != "milk" && errs[i] == nil {
			grade.NotYet(t, "the shop panics, and who waits for it gets %q, and no error", things[i])
		}
	}
	var thing string
	var err error
	within(t, func() { thing, err = survives(l, "milk") }, "the shop has panicked once, and who asks later waits for ever")
	if thing != "milk" || err != nil {
		grade.NotYet(t, "the shop has panicked once, and who asks later gets %q (error: %v): nobody goes again", thing, err)
	}
}

// survives makes an error of a panic.
func survives(l *Larder, item string) (thing string, err error) {
	defer func() {
		if what := recover(); what != nil {
			thing, err = "", fmt.Errorf("panic: %v", what)
		}
	}()
	return l.Get(item)
}
