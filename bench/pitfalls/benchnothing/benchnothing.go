// Package benchnothing is a pitfall of measuring: a benchmark whose result nobody needs. The
// compiler leaves out the work, and the loop that remains is very fast.
package benchnothing

import (
	"context"
	"embed"
	"sync"
	"testing"
	"time"

	"github.com/fourlevels/fourlevels/levels/pitfall"
)

//go:embed broken.go fixed.go
var code embed.FS

// Pitfall is the catalogue's entry.
var Pitfall = pitfall.Pitfall{
	ID:    "X2",
	Name:  "benchnothing",
	Title: "Benchmarking nothing",
	Level: "measuring",
	Story: "A benchmark throws its result away, the compiler throws the work away, and a job planned with the number takes many times longer.",

	Class:  pitfall.CPU,
	Unit:   "x the time that the benchmark promised",
	Breaks: pitfall.AtLeast(4),
	Shows:  benchmarks,
	Holds:  pitfall.Between(0.1, 2), // less, and it measures more than the work
	Work:   benchmarks + 1,
	Ask: pitfall.Predict{
		Question: "By a benchmark like func BenchmarkMix(b *testing.B) { for i := range b.N { mix(uint64(i)) } } a job should take 20 ms. How many times that does it take?",
		Choices: [3]pitfall.Choice{
			{Says: "about once: that is what a benchmark is for", If: pitfall.Between(0, 1.5)},
			{Says: "1.5 to 3 times: there is some overhead", If: pitfall.Between(1.5, 3)},
			{Says: "3 times or more", If: pitfall.AtLeast(3)},
		},
	},

	Hints: [3]string{
		"What would change for anybody if mix were not called at all?",
		"Look at the result of mix: no line uses it. The compiler sees that, once it has put mix's body into the loop.",
		"Add the results up in the loop, and assign the sum to a package-level variable after it: sink = all.",
	},
	Why:   "mix is small, so it is inlined; its result is not used, so its steps are removed; what is timed is an empty loop.",
	Fix:   "Use the result where the compiler cannot see that it is needless: a package-level sink, or b.Loop (Go 1.24), which keeps results alive.",
	Price: "The addition that keeps the result is timed too, a fraction of a nanosecond; b.Loop costs about as much.",
	Sources: []string{
		"golang/go#61515: testing: add testing.B.Loop for iteration",
		"golang/go#61179: an identity function that forces evaluation for benchmarks",
		"The Go blog, More predictable benchmarking with testing.B.Loop, 2025",
	},

	Code:      code,
	Broken:    Observe(broken),
	Fixed:     Observe(fixed),
	Yardstick: promise,
}

// promised is how long the job should take that is planned by the benchmark.
const promised = 20 * time.Millisecond

// promise is the yardstick: time enough for as many calls as the benchmark says fit in.
func promise(context.Context) (pitfall.Seen, error) { return pitfall.Seen{Took: promised}, nil }

// mix is the function that is measured: some nanoseconds, and small enough to be inlined.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	x ^= x >> 31
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	x *= 0xc4ceb9fe1a85ec53
	x ^= x >> 29
	x *= 0xd6e8feb86659fd93
	return x ^ x>>32
}

// Observe believes a benchmark of mix: it does as many calls as fit into the time promised, and
// takes the time that they really take.
func Observe(benchmark func(b *testing.B)) pitfall.Variant {
	return func(ctx context.Context) (pitfall.Seen, error) {
		rate, kept := run(benchmark)
		start := time.Now()
		sink = job(int(promised.Seconds() * rate))
		return pitfall.Seen{Took: time.Since(start), Outcomes: []pitfall.Outcome{
			{What: "benchmark has kept the sum of all results", Verdict: pitfall.Expected, Count: kept},
			{What: "benchmark has no results: the work may be left out", Verdict: pitfall.Forbidden, Count: benchmarks - kept},
			{What: "job done", Verdict: pitfall.Expected, Count: 1},
		}}, context.Cause(ctx)
	}
}

const (
	benchmarks = 3         // of which the best is believed
	rounds     = 2_000_000 // of each
)

// total is the sum that such a benchmark keeps, if it does the work.
var total = sync.OnceValue(func() uint64 { return job(rounds) })

// run is how many calls a second there are, as a benchmark says in its best run, and in how
// many runs it has kept what they return.
func run(benchmark func(b *testing.B)) (best float64, kept int) {
	const most = 3e9 // no loop goes round much more often, even if it is empty
	for range benchmarks {
		sink = 0
		start := time.Now()
		benchmark(&testing.B{N: rounds})
		best = max(best, rounds/time.Since(start).Seconds())
		if sink == total() {
			kept++
		}
	}
	return min(best, most), kept
}

// job is what the benchmark was made for: so many calls, and their sum.
func job(calls int) (sum uint64) {
	for i := range calls {
		sum += mix(uint64(i))
	}
	return sum
}
