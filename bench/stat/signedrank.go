package stat

import (
	"cmp"
	"math"
	"slices"
)

// maxExact is the largest number of rounds with an exact distribution. Beyond
// it the normal one is off by 0.004 at most, and by less where p is small.
const maxExact = 50

// SignedRank is Wilcoxon's signed-rank test: the probability, from both sides,
// of log ratios as far from zero as these if each were as likely with the
// other sign, which they are if what was measured is the same. It is NaN
// without any, or if one is not finite.
//
// Up to 50 rounds it is exact, with ties too: it counts in how many of all 2^n
// choices of signs the ranks add up to as little. Above, it is normal with
// corrections for ties and continuity.
//
// Zeros are ranked and then dropped, which is Pratt's rule. Wilcoxon dropped
// them first; then a round that says "no difference" counts for nothing, and
// adding the same gain to all rounds can make a gain less significant.
func SignedRank(logRatios []float64) float64 {
	if len(logRatios) == 0 || !finite(logRatios...) {
		return math.NaN()
	}
	ranks, positive := doubledRanks(logRatios)
	if len(logRatios) > maxExact {
		return normalP(ranks, positive)
	}
	return exactP(ranks, positive)
}

// doubledRanks returns twice the ranks of the absolute values, without those
// of zeros, and the sum of those that belong to positive values. Ties share
// the middle of their ranks: doubled, that is an integer.
func doubledRanks(values []float64) (ranks []int, positive int) {
	sorted := slices.SortedFunc(slices.Values(values), func(a, b float64) int {
		return cmp.Compare(math.Abs(a), math.Abs(b))
	})
	for i := 0; i < len(sorted); {
		first := i
		for i < len(sorted) && math.Abs(sorted[i]) == math.Abs(sorted[first]) {
			i++
		}
		if sorted[first] == 0 {
			continue
		}
		for _, v := range sorted[first:i] {
			ranks = append(ranks, first+1+i)
			if v > 0 {
				positive += first + 1 + i
			}
		}
	}
	return ranks, positive
}

// exactP counts the choices of signs by what they add up to: the choices with
// one rank more are those without it, and those again with it.
func exactP(ranks []int, positive int) float64 {
	tail := min(positive, sum(ranks)-positive)
	ways := make([]float64, tail+1) // integers below 2^50: exact
	ways[0] = 1
	for _, r := range ranks {
		for s := tail; s >= r; s-- {
			ways[s] += ways[s-r]
		}
	}
	total := 0.0
	for _, w := range ways {
		total += w
	}
	return min(1, 2*math.Ldexp(total, -len(ranks)))
}

// normalP takes the sum of ranks for normal. Each rank is in the sum or not,
// so its variance is a quarter of its square: ties and zeros are in that.
func normalP(ranks []int, positive int) float64 {
	variance := 0.0
	for _, r := range ranks {
		variance += float64(r) * float64(r) / 4
	}
	if variance == 0 {
		return 1
	}
	const continuity = 1 // half a rank, doubled
	off := math.Abs(float64(positive)-float64(sum(ranks))/2) - continuity
	return math.Erfc(max(0, off) / math.Sqrt(2*variance))
}

func sum(values []int) (total int) {
	for _, v := range values {
		total += v
	}
	return total
}
