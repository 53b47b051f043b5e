package peers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels"
)

// Fetches of pages of 16 KiB over loopback, from one process, by HTTP/1.1. Each measure
// has a process of its own, see fetchJob.
var fetchFigures = []figure{
	{"latency=20ms", fetchBurst},
	{"memory", fetchMemory},
	{"latency=0", fetchRate},
}

const fetchLatency = 20 * time.Millisecond

// fetchBurst has all fetches in flight at once, over connections that are open. They
// would take the latency, if a fetch were no work. The ideal is the latency, and then
// the time that as many fetches without latency take, at whichever number in
// flight suits the same client best: that is the work that client and origin
// have to do in any case, on processors that they share.
func fetchBurst(tb testing.TB, s scale) []line {
	job := fetchJob{Measure: "burst", Fetches: s.fetches, InFlight: s.fetches, Latency: fetchLatency}
	m := contest(tb, s.rounds, fetchContestants(job)...)
	latency := series(slices.Repeat([]float64{float64(fetchLatency.Milliseconds())}, s.rounds))
	var lines []line
	for _, f := range fetchers {
		if f.memoryOnly {
			continue
		}
		l := line{what: fmt.Sprintf("%d fetches of %v at once, %s", s.fetches, fetchLatency, f.name), tag: f.name + "-",
			unit: "ms", ours: m[f.name][0], peer: "own-ideal", theirs: m[f.name][1]}
		if !f.ours {
			lines = append(lines, l)
			continue
		}
		l.aim = timesAtMost(1.2)
		lines = append(lines, l,
			line{l.what, l.tag, l.unit, l.ours, "latency", latency, aim{}},
			line{l.what, l.tag, l.unit, l.ours, "fasthttp", m["fasthttp"][0], aim{}})
	}
	return lines
}

// fetchContestants are those that fetch for more than to be seen waiting.
func fetchContestants(j fetchJob) (contestants []contestant) {
	for _, f := range fetchers {
		if !f.memoryOnly {
			contestants = append(contestants, fetching(f, j))
		}
	}
	return contestants
}

func measureBurst(ctx context.Context, j fetchJob) ([]float64, error) {
	burst, work := 0.0, math.Inf(1)
	without := func(l levels.Level) error {
		seconds, err := timedFetches(ctx, l, j, 0)
		work = min(work, seconds)
		return err
	}
	err := withFetcher(ctx, j, j.InFlight, func(l levels.Level) (err error) {
		if err = without(l); err == nil { // and heap and stacks have their size
			burst, err = timedFetches(ctx, l, j, j.Latency)
		}
		return err
	})
	for _, inFlight := range []int{1_000, 256, 64, 16} {
		if err == nil && inFlight < j.InFlight {
			err = withFetcher(ctx, j, inFlight, without)
		}
	}
	return []float64{burst * 1e3, (j.Latency.Seconds() + work) * 1e3}, err
}

// fetchRate has no latency: what counts is the work that a fetch is.
func fetchRate(tb testing.TB, s scale) []line {
	var lines []line
	for _, inFlight := range []int{64, 1_000} {
		job := fetchJob{Measure: "rate", Fetches: 2 * s.fetches, InFlight: min(inFlight, s.fetches)}
		m := contest(tb, s.rounds, fetchContestants(job)...)
		for _, f := range fetchers {
			if f.ours {
				lines = append(lines, line{fmt.Sprintf("fetches, %d in flight, %s", inFlight, f.name), fmt.Sprintf("%s-%d-", f.name, inFlight),
					"fetches/s", m[f.name][0], "fasthttp", m["fasthttp"][0], timesAtLeast(f.rate)})
			}
		}
	}
	return lines
}

func measureRate(ctx context.Context, j fetchJob) (values []float64, err error) {
	err = withFetcher(ctx, j, j.InFlight, func(l levels.Level) error {
		if _, err := timedFetches(ctx, l, j, 0); err != nil { // and heap and stacks have their size
			return err
		}
		seconds, err := timedFetches(ctx, l, j, 0)
		values = []float64{float64(j.Fetches) / seconds}
		return err
	})
	return values, err
}

// fetchMemory is what a task costs while it waits for its answer: resident memory
// of its own (RssAnon) that the process has more than before, so stacks and
// heap and whatever both waste, without the program's code. What the kernel
// has for it, socket and thread, is nobody's resident memory and not in it. The
// collector runs before each look: garbage of making connections is not what a
// task in flight needs.
func fetchMemory(tb testing.TB, s scale) []line {
	onLinux(tb)
	var contestants []contestant
	for _, f := range fetchers {
		contestants = append(contestants, fetching(f, fetchJob{Measure: "memory", InFlight: s.fetches}))
	}
	m := contest(tb, s.rounds, contestants...)
	var lines []line
	for _, f := range fetchers {
		what, tag := "fetch in flight, "+f.name, f.name+"-"
		for i, unit := range []string{"KiB", "KiB-of-heap", "KiB-of-stacks"} {
			lines = append(lines, line{what: what, tag: tag, unit: unit, ours: m[f.name][i]})
		}
		if f.ours {
			lines = append(lines, line{what, tag, "KiB", m[f.name][0], "thread", m["thread"][0], timesAtMost(1.0 / 3)})
		}
		if f.name == "async/loop" {
			lines = append(lines, line{what, tag, "KiB", m[f.name][0], "async", m["async"][0], timesAtMost(1.0 / 4)})
		}
	}
	return lines
}

func measureMemory(ctx context.Context, j fetchJob) (values []float64, err error) {
	if _, _, err := originState(ctx, j); err != nil { // its connection is no fetch's
		return nil, err
	}
	before := memoryNow()
	l, err := j.open(j.InFlight)
	if err != nil {
		return nil, err
	}
	err = holding(ctx, l, j, j.InFlight, func() error {
		for i, now := range memoryNow() {
			values = append(values, (now-before[i])/float64(j.InFlight))
		}
		return nil
	})
	return values, errors.Join(err, l.Close())
}

// memoryNow returns the KiB that are resident, live in the heap, and are stacks
// of goroutines.
func memoryNow() []float64 {
	debug.FreeOSMemory()
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	return []float64{statusKB("RssAnon"), float64(samples[0].Value.Uint64()) / 1024, float64(samples[1].Value.Uint64()) / 1024}
}
