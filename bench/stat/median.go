package stat

import (
	"math"
	"slices"
)

// Confidence is that of all intervals whose function has no argument for it.
const Confidence = 0.95

// An Interval is an estimate and where the true value probably is.
type Interval struct {
	Center, Lo, Hi float64
	N              int // rounds, or samples of the smaller side
}

// Bounded tells whether there were enough rounds for an interval.
func (i Interval) Bounded() bool { return i.N > 0 && finite(i.Center, i.Lo, i.Hi) }

// Median returns the middle of x, NaN if x is empty or holds NaN.
func Median(x []float64) float64 { return Quantile(x, 0.5) }

// Quantile returns the value below which a share q of x lies, between two
// samples by linear interpolation (type 7 of Hyndman and Fan, as in R). It is
// NaN if x is empty or holds NaN, or q is no share.
func Quantile(x []float64, q float64) float64 {
	return quantile(slices.Sorted(slices.Values(x)), q)
}

// quantile is Quantile of sorted values. NaN sorts before all others.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 || math.IsNaN(sorted[0]) || !(q >= 0 && q <= 1) {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	below := int(at)
	share := at - float64(below)
	lo, hi := sorted[below], sorted[min(below+1, len(sorted)-1)]
	if share == 0 || lo == hi {
		return lo
	}
	return lo*(1-share) + hi*share
}

// MedianInterval returns the two samples between which the median of what x
// was drawn from lies with at least the given confidence. It assumes only that
// samples are independent: each is above the median or below, like a coin. It
// is infinite where even the extremes promise less, at 95 % below six samples,
// and NaN if x holds NaN or confidence is not between 0 and 1.
func MedianInterval(x []float64, confidence float64) (lo, hi float64) {
	if slices.ContainsFunc(x, math.IsNaN) || !(confidence > 0 && confidence < 1) {
		return math.NaN(), math.NaN()
	}
	sorted := slices.Sorted(slices.Values(x))
	k, _, _ := centralRank(len(x), confidence)
	if k == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	return sorted[k-1], sorted[len(x)-k]
}

// centralRank returns the greatest k for which the k-th smallest and the k-th
// largest of n samples hold the median with confidence, and 0 if none does. It
// also returns the probability that they do, and that the k+1-th ones do.
func centralRank(n int, confidence float64) (k int, holds, inner float64) {
	for holds, inner = 1, 1; ; k++ {
		// Outside of rank k+1 on one side: at most k of n coins show heads.
		holds, inner = inner, inner-2*coins(n, k)
		if inner < confidence {
			return k, holds, inner
		}
	}
}

// coins is the probability of k heads among n coins.
func coins(n, k int) float64 {
	return math.Exp(logChoose(n, k) - float64(n)*math.Ln2)
}

// logChoose is the log of the number of ways to choose k of n.
func logChoose(n, k int) float64 {
	all, _ := math.Lgamma(float64(n + 1))
	in, _ := math.Lgamma(float64(k + 1))
	out, _ := math.Lgamma(float64(n - k + 1))
	return all - in - out
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}
