package stat

import (
	"cmp"
	"math"
	"slices"
)

// Holm returns p adjusted for having tested as often as there are values, in
// the order given. Of adjusted values below alpha, one or more is a false
// alarm with a probability of at most alpha, however the tests depend on each
// other. If a p is no probability, all of the result is NaN: to leave it out
// would adjust for too few tests, and each of them would look too good.
func Holm(p []float64) []float64 {
	adjusted := make([]float64, len(p))
	if slices.ContainsFunc(p, func(v float64) bool { return !(v >= 0 && v <= 1) }) {
		for i := range adjusted {
			adjusted[i] = math.NaN()
		}
		return adjusted
	}
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(p[i], p[j]) })
	worst := 0.0
	for done, i := range order {
		worst = max(worst, min(1, float64(len(p)-done)*p[i]))
		adjusted[i] = worst
	}
	return adjusted
}
