package stat

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// MannWhitney is the U-test, from both sides, for samples that share no
// rounds: the probability of two sides as separate as these if all were drawn
// from the same. It is 1 if all samples are equal, and NaN if a side has none
// or holds NaN. What drifts between the two sides is a difference to it, too:
// see [ReplayBlocks].
func MannWhitney(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, math.IsNaN) || slices.ContainsFunc(b, math.IsNaN) {
		return math.NaN()
	}
	sample := func(x []float64) *benchmath.Sample { // which sorts what it is given
		return benchmath.NewSample(slices.Clone(x), &benchmath.DefaultThresholds)
	}
	return benchmath.AssumeNothing.Compare(sample(a), sample(b)).P
}
