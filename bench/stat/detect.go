package stat

import (
	"math"
	"math/rand/v2"
)

// Detectable returns the minimum detectable effect: the smallest slow-down, as
// a ratio above 1, that [SignedRank] would have found at alpha with the given
// power, with as many rounds and as much noise. It is +Inf if so few rounds
// cannot find any, and NaN without finite rounds, or if alpha or power are not
// between 0 and 1.
//
// It measures again, 200 times, by drawing from the ratios around their
// median, slows that down, and tests. The seed is fixed.
func Detectable(logRatios []float64, alpha, power float64) float64 {
	if !(alpha > 0 && alpha < 1) {
		return math.NaN()
	}
	return detectable(logRatios, power, func(logs []float64) bool {
		return SignedRank(logs) < alpha && Median(logs) > 0
	})
}

// detectable is Detectable of any rule.
func detectable(logRatios []float64, power float64, rule func([]float64) bool) float64 {
	if len(logRatios) == 0 || !finite(logRatios...) || !(power > 0 && power < 1) {
		return math.NaN()
	}
	noise := redraw(logRatios, 200)
	finds := func(shift float64) bool { return share(noise, shift, rule) >= power }
	const least, most = 1e-4, 16.0 // logs: a ratio of 1.0001, and of nine million
	hi := least
	for !finds(hi) {
		if hi *= 2; hi > most {
			return math.Inf(1)
		}
	}
	for lo := hi / 2; hi-lo > hi/100; {
		if mid := (lo + hi) / 2; finds(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return math.Exp(hi)
}

// redraw returns as many sets of rounds drawn from x around its median, each
// with either sign: the test takes noise for symmetric, and few rounds are not,
// by chance. Drawn rounds vary by (n-1)/n less than rounds do, which is made
// good for.
func redraw(x []float64, sets int) [][]float64 {
	random := rand.New(rand.NewPCG(3, 4))
	n, center := len(x), Median(x)
	wider := math.Sqrt(float64(n) / max(1, float64(n-1)))
	all := make([][]float64, sets)
	for i := range all {
		for range n {
			sign := float64(2*random.IntN(2) - 1)
			all[i] = append(all[i], sign*(x[random.IntN(n)]-center)*wider)
		}
	}
	return all
}

// share returns the share of the sets in which rule finds a shift.
func share(sets [][]float64, shift float64, rule func([]float64) bool) float64 {
	found := 0
	for _, set := range sets {
		if rule(shifted(set, shift)) {
			found++
		}
	}
	return float64(found) / float64(len(sets))
}

func shifted(x []float64, by float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = x[i] + by
	}
	return y
}
