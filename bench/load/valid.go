package load

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// The limits of [Valid], and of reports, which judge medians over several runs by them.
const (
	MaxLittle   = 0.10 // by which Little's law may be off
	MaxLateness = 0.10 // of a response time may be the generator's own doing

	minCalls = 20 // below it there is not even a median
)

// Valid returns nil if r may be believed, and else all the reasons why not:
//
//   - a call failed, or was dropped
//   - fewer than 20 calls succeeded
//   - Little's law is off by more than 10 %, as it is for instance when many
//     callers make calls of less than a microsecond, and wait for each other in
//     the generator
//   - at the median or at p99, the lateness of the generator is more than 10 %
//     of the response time. The lateness is part of that time, and nothing of it
//     is the server's.
//
// Whether there are enough calls for a percentile says [Percentile].
func Valid(r Result) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Errors > 0 {
		fail("%d of %d calls failed", r.Errors, r.Calls)
	}
	if r.Dropped > 0 {
		fail("%d calls were dropped, of %d that were due", r.Dropped, r.Calls+r.Dropped)
	}
	if n := r.Calls - r.Errors; n < minCalls {
		fail("%d calls succeeded: want at least %d", n, minCalls)
		return errors.Join(errs...) // the rest would speak of nothing
	}
	if l := r.Little(); !(math.Abs(l-1) <= MaxLittle) {
		fail("Little's law is off: throughput times response time is %.2f times the mean in flight", l)
	}
	for _, p := range []float64{50, 99} {
		late, whole := r.Lateness.ValueAtPercentile(p), r.Response.ValueAtPercentile(p)
		if float64(late) > MaxLateness*float64(whole) {
			fail("the generator was late: by %v at p%v, where the response time is %v", time.Duration(late), p, time.Duration(whole))
		}
	}
	return errors.Join(errs...)
}
