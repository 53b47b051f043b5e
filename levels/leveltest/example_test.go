package leveltest_test

import (
	"fmt"
	"testing"

	"github.com/fourlevels/fourlevels/levels"
	"github.com/fourlevels/fourlevels/levels/leveltest"
)

func Example() {
	open := func(testing.TB) levels.Level {
		return &levels.Serial{Funcs: leveltest.Funcs()}
	}
	TestSerial := func(t *testing.T) {
		leveltest.Suite{Open: open, Inline: true}.Run(t)
	}
	_ = TestSerial // go test calls it
}

func ExamplePromises() {
	for _, p := range leveltest.Promises() {
		fmt.Printf("%-10s %s\n", p.Name, p.Says)
	}
	// Output:
	// empty      No tasks have no results.
	// order      Result i is the result of task i, however many there are.
	// errors     Each task has an error of its own, with its text; the others are done.
	// overlap    Calls may overlap, and each gets its own results.
	// unchanged  The tasks stay as they are, and so do the results: they are the caller's.
	// large      Inputs and outputs may have 4 MiB, and an output may be far larger than its input.
	// tiny       A batch may have 100,000 tasks.
	// cancel     When ctx ends, what is not finished fails with its cause, and the level is as good as new.
	// cancelled  If ctx has ended, no task starts and all fail with its cause.
	// deadline   A deadline ends ctx as a cancel does: with the cause that the caller gave it.
	// goexit     A task that ends its goroutine fails, and nothing hangs for want of it.
	// death      A task that ends its worker is lost, and the worker is replaced.
	// close      Close returns when running tasks have finished, and these get their real results.
	// closed     After Close tasks fail with ErrClosed, and closing again does nothing.
	// goroutines Closed, a level leaves no goroutine behind, whatever has happened.
}
