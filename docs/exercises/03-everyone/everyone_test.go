package everyone

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall/grade"
)

func TestMain(m *testing.M) { grade.Main(m) }

const children = 8

// class is the names of the children, and how each finds a seat: the first takes a minute, the last
// eight. Every child that number fails says of takes as long, and finds none.
func class(fails func(number int) bool) (names []string, errs []error, seat func(string) (int, error), done *atomic.Int64) {
	done = new(atomic.Int64)
	numbers := map[string]int{}
	for i := range children {
		name := fmt.Sprint("child ", i+1)
		numbers[name] = i
		names = append(names, name)
		errs = append(errs, nil)
		if fails(i) {
			errs[i] = fmt.Errorf("%s has no seat", name)
		}
	}
	return names, errs, func(name string) (int, error) {
		i := numbers[name]
		time.Sleep(time.Duration(i+1) * time.Minute)
		done.Add(1)
		return 100 + i, errs[i]
	}, done
}

func nobody(int) bool { return false }

// On one processor no goroutine begins before Wait: so a late Add is late each time.
func TestTheBusWaits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 5 {
		grade.Virtual(t, func(t *testing.T) {
			names, _, seat, done := class(nobody)
			Board(names, seat)
			n := done.Load()
			time.Sleep(time.Hour) // those whom nobody waits for end in here
			if n != children {
				grade.NotYet(t, "the bus leaves when %d of %d children have looked for a seat", n, children)
			}
		})
	}
}

// The children look for their seats at once: the slowest alone decides.
func TestAllAtOnce(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		names, _, seat, _ := class(nobody)
		start := time.Now()
		Board(names, seat)
		if took := time.Since(start); took != children*time.Minute {
			grade.NotYet(t, "boarding takes %v, and the slowest child only %v", took, children*time.Minute)
		}
	})
}

func TestSeats(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		names, _, seat, _ := class(nobody)
		seats, err := Board(names, seat)
		if len(seats) != children {
			grade.NotYet(t, "%d children have %d seats", children, len(seats))
		}
		for i, name := range names {
			if seats[i] != 100+i {
				grade.NotYet(t, "the seat of %s is %d, and should be %d", name, seats[i], 100+i)
			}
		}
		if err != nil {
			grade.NotYet(t, "all children have seats, and the error is %q, not nil", err)
		}
	})
}

// Whoever fails, all others still get a seat, and all failures are told.
func TestEveryErrorIsTold(t *testing.T) {
	grade.Virtual(t, func(t *testing.T) {
		names, errs, seat, done := class(func(i int) bool { return i%3 == 1 })
		seats, missed := Board(names, seat)
		if n := done.Load(); n != children || len(seats) != children {
			grade.NotYet(t, "one child fails, and only %d of %d look for a seat, for %d seats", n, children, len(seats))
		}
		for i, err := range errs {
			switch {
			case err != nil && !errors.Is(missed, err):
				grade.NotYet(t, "the error does not tell that %v: it is %q", err, fmt.Sprint(missed))
			case err == nil && seats[i] != 100+i:
				grade.NotYet(t, "others fail, and %s gets seat %d, not %d", names[i], seats[i], 100+i)
			}
		}
	})
}

// The same with all of them at the same moment: for the race detector, and for lost errors.
func TestAllFailTogether(t *testing.T) {
	wrong := make([]error, 200)
	names := make([]string, len(wrong))
	numbers := map[string]int{}
	for i := range wrong {
		names[i] = fmt.Sprint("child ", i)
		numbers[names[i]] = i
		wrong[i] = errors.New(names[i])
	}
	for range 20 {
		_, missed := Board(names, func(name string) (int, error) { return 0, wrong[numbers[name]] })
		for _, err := range wrong {
			if !errors.Is(missed, err) {
				grade.NotYet(t, "200 children fail at once, and the error does not tell of %v", err)
			}
		}
	}
}
