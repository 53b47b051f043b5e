package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Ratio returns the median of a[i]/b[i] over the rounds i, and its interval.
// It is NaN if there are no rounds, the sides differ in length, or one holds
// what is no positive number; and unbounded below six rounds.
//
// The interval is between order statistics, interpolated to 95 %, by
// Hettmansperger and Sheather. It needs no random numbers. A bootstrap of the
// median can only land on the few values there are: in simulations of 6 to 30
// rounds its 95 % hold the truth in 87 to 94 of 100 cases, and these in 94 to
// 96, with light tails and heavy ones (TestRatioCovers).
func Ratio(a, b []float64) Interval {
	logs, ok := LogRatios(a, b)
	if !ok {
		return Interval{Center: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), N: min(len(a), len(b))}
	}
	return logInterval(logs).exp()
}

// LogRatios returns the log of a[i]/b[i] for each round i. It is not ok if the
// sides differ in length or one holds what is no positive number.
func LogRatios(a, b []float64) (logs []float64, ok bool) {
	if len(a) != len(b) || len(a) == 0 || !positive(a) || !positive(b) {
		return nil, false
	}
	for i := range a {
		logs = append(logs, math.Log(a[i]/b[i]))
	}
	return logs, finite(logs...)
}

// logInterval is the interval of the median of logs.
func logInterval(logs []float64) Interval {
	n := len(logs)
	sorted := slices.Sorted(slices.Values(logs))
	k, holds, inner := centralRank(n, Confidence)
	i := Interval{Center: quantile(sorted, 0.5), Lo: math.Inf(-1), Hi: math.Inf(1), N: n}
	if k == 0 {
		return i
	}
	// The share of the way from the k-th value inwards: not linear in what the
	// two intervals promise, for the density falls outwards.
	way := (holds - Confidence) / (holds - inner)
	way = float64(n-k) * way / (float64(k) + float64(n-2*k)*way)
	i.Lo = (1-way)*sorted[k-1] + way*sorted[k]
	i.Hi = (1-way)*sorted[n-k] + way*sorted[n-k-1]
	return i
}

// exp turns the interval of a log into that of the value. One without bounds
// stays without.
func (i Interval) exp() Interval {
	i.Center = math.Exp(i.Center)
	if !math.IsInf(i.Lo, -1) {
		i.Lo = math.Exp(i.Lo)
	}
	i.Hi = math.Exp(i.Hi)
	return i
}

// Unpaired returns the median of a over that of b, for two runs that shared no
// rounds: what disturbed one of them is in the ratio, so prefer [Ratio]. The
// interval is by bootstrap: it measures again, 4000 times, by drawing from the
// samples there are, with a fixed seed. It is NaN and unbounded as Ratio's is;
// N is that of the smaller side.
func Unpaired(a, b []float64) Interval {
	i := Interval{Center: math.NaN(), Lo: math.NaN(), Hi: math.NaN(), N: min(len(a), len(b))}
	if i.N == 0 || !positive(a) || !positive(b) {
		return i
	}
	i.Center, i.Lo, i.Hi = Median(a)/Median(b), math.Inf(-1), math.Inf(1)
	if i.N < enough {
		return i
	}
	random := rand.New(rand.NewPCG(1, 2))
	x, y := newDraw(a), newDraw(b)
	ratios := make([]float64, 4000)
	for j := range ratios {
		ratios[j] = x.median(random) / y.median(random)
	}
	slices.Sort(ratios)
	const tail = (1 - Confidence) / 2
	i.Lo, i.Hi = quantile(ratios, tail), quantile(ratios, 1-tail)
	return i
}

// enough is how many rounds an interval needs: of five, even the extremes miss
// the median in 6 of 100 cases.
const enough = 6

// A draw measures again by drawing from sorted samples, each as often as it
// happens: the median needs only how often, not another sort.
type draw struct {
	sorted []float64
	often  []int
}

func newDraw(x []float64) *draw {
	return &draw{slices.Sorted(slices.Values(x)), make([]int, len(x))}
}

func (d *draw) median(random *rand.Rand) float64 {
	n := len(d.sorted)
	clear(d.often)
	for range n {
		d.often[random.IntN(n)]++
	}
	return (d.rank((n+1)/2) + d.rank(n/2+1)) / 2
}

// rank is the k-th smallest of what was drawn.
func (d *draw) rank(k int) float64 {
	i := 0
	for k -= d.often[0]; k > 0; k -= d.often[i] {
		i++
	}
	return d.sorted[i]
}

func positive(values []float64) bool {
	return finite(values...) && !slices.ContainsFunc(values, func(v float64) bool { return v <= 0 })
}
