// Package load generates load, and says what became of it: how long calls took,
// how many were in flight, and how far the generator itself can be trusted.
//
// There are two ways to generate load, and they answer different questions. In
// a [Closed] loop a few callers each make their next call when the last one is
// done: a slow server is asked less often. In an [Open] loop calls come when
// they come, as those of many independent users do: a slow server is asked just
// as often, and a queue builds up. A closed loop finds the throughput that a
// number of callers gets. The latency that users see needs an open one, timed
// from when each call was meant to begin. [Omission] shows how wrong it goes
// otherwise: the coordinated omission that Gil Tene named, and that his
// generator wrk2 repairs in this way.
//
// The package knows neither levels nor tasks, only an [Op]. [Valid] says
// whether a [Result] may be believed; reports ask the same of medians over rounds.
package load

import (
	"context"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// An Op is one call of what is measured. Worker tells apart the callers that
// are in flight at the same time, so that each may hold a connection of its
// own; i counts the calls of a run from 0.
type Op func(ctx context.Context, worker, i int) error

// A Result is what a run measured. It leaves out the calls of the warm-up.
type Result struct {
	// Response times run from the intended start of a call to its end: what a
	// user sees. Service times run from the actual start. A closed loop intends
	// nothing: there both are the same histogram. Calls that failed are in
	// neither, for a quick failure would pass for a good time.
	Response, Service *hdrhistogram.Histogram

	// Lateness is the generator's own error: from the intended to the actual
	// start of the calls of an open loop that had a free worker.
	Lateness *hdrhistogram.Histogram

	Calls   int // that were begun
	Errors  int // of these, the ones that failed
	Dropped int // that were due, and never begun for lack of a worker

	// Elapsed runs from the end of the warm-up until the last call is done.
	Elapsed time.Duration

	// MeanInFlight is the mean over Elapsed of the calls in the system: due, and
	// not done. Its area is that under a counter, and what the generator was late
	// for each; response times are not in it, so it can contradict them.
	MeanInFlight float64
}

// Throughput is how many calls succeeded in a second.
func (r Result) Throughput() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Calls-r.Errors) / r.Elapsed.Seconds()
}

// Little is X*R/N: throughput times mean response time, over the mean in
// flight. Little's law says that it is 1. It is not when latencies got lost,
// were counted twice or from the wrong moment, when calls failed,
// or when calls of the warm-up reach far into a short run.
// Without any call it is 0.
func (r Result) Little() float64 {
	if r.MeanInFlight == 0 {
		return 0
	}
	return r.Throughput() * r.Response.Mean() / float64(time.Second) / r.MeanInFlight
}

// longest is the longest time that a histogram tells apart.
const longest = time.Minute

// NewHistogram holds times from a nanosecond to a minute with three digits, in
// about 200 KB.
func NewHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(longest), 3)
}

// Record counts a time of more than a minute as a minute, for to leave it out
// would be to omit the worst.
func Record(h *hdrhistogram.Histogram, d time.Duration) {
	h.RecordValue(int64(min(d, longest)))
}

// Percentile returns the p-th percentile of the times in h. It is not ok when h
// holds too few: at least ten must lie beyond it, else it is the luck of a few
// calls. That takes 20 for the median, 100 for p90, 1000 for p99 and 10,000 for
// p99.9.
func Percentile(h *hdrhistogram.Histogram, p float64) (v time.Duration, ok bool) {
	const beyond = 10
	if p < 0 || p >= 100 || float64(h.TotalCount())*(100-p) < beyond*100*(1-1e-9) {
		return 0, false
	}
	return time.Duration(h.ValueAtPercentile(p)), true
}
