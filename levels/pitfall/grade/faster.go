package grade

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

// Faster wants a student's function to be so many times faster than a reference of the same
// test binary. They run in turn, A B B A, five samples each, and the least of each counts: of
// identical code that ratio is 1.04 at most where it waits, and 2 where it computes, on a
// busy machine too. So thresholds lie above those, and at a third of what is typical for
// computing, at 1/1.7 of it for waiting. A miss gets a fresh comparison; after two, all
// samples are shown.
//
// Both must give the same result: that is for another test, before this one.
func Faster(t testing.TB, class pitfall.Class, atLeast float64, reference, yours func()) {
	t.Helper()
	if !gradable(t, class) {
		return
	}
	first := compare(t, class, reference, yours)
	last := first
	if first.ratio() < atLeast {
		last = compare(t, class, reference, yours)
	}
	a, b := slices.Min(last.reference), slices.Min(last.yours)
	t.Logf("grade: ratio=%.3g need=%.3g class=%s reference=%v yours=%v", last.ratio(), atLeast, class, short(a), short(b))
	if last.ratio() >= atLeast || class == pitfall.Par && !cores(t) {
		return
	}
	t.Logf("two threads do %.2g times the work of one on this machine now\n%v\n%v", pitfall.Parallel(), first, last)
	NotYet(t, "it is %.2g times as fast as the reference (%v, not %v), and should be %.2g times or more", last.ratio(), short(b), short(a), atLeast)
}

// A comparison is the samples of the two: the time of one call.
type comparison struct{ reference, yours []time.Duration }

func (c comparison) ratio() float64 {
	return float64(slices.Min(c.reference)) / float64(max(1, slices.Min(c.yours)))
}

func (c comparison) String() string {
	return fmt.Sprintf("reference %v\nyours     %v", c.reference, c.yours)
}

func compare(t testing.TB, class pitfall.Class, reference, yours func()) (c comparison) {
	t.Helper()
	a, b := calls(t, class, reference), calls(t, class, yours)
	for i := range pitfall.Rounds {
		if i%2 == 0 {
			c.reference = append(c.reference, sample(t, a, reference))
		}
		c.yours = append(c.yours, sample(t, b, yours))
		if i%2 == 1 {
			c.reference = append(c.reference, sample(t, a, reference))
		}
	}
	return c
}

// least is what a sample takes that computes: a shorter one is lost among interruptions.
const least = 20 * time.Millisecond

// calls is how many calls make a sample. One that waits needs no more.
func calls(t testing.TB, class pitfall.Class, f func()) int {
	t.Helper()
	if class == pitfall.Wait {
		return 1
	}
	n := 1
	for n < 1<<20 && sample(t, n, f)*time.Duration(n) < least {
		n *= 2
	}
	return n
}

// sample is the time of one of n calls.
func sample(t testing.TB, n int, f func()) (took time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	within(ctx, t, func() {
		start := time.Now()
		for range n {
			f()
		}
		took = time.Since(start)
	})
	return took / time.Duration(n)
}

// short is a duration with three digits.
func short(d time.Duration) string {
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}
