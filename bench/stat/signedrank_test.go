package stat

import (
	"math"
	"math/rand/v2"
	"testing"
)

func minus(x, y []float64) (d []float64) {
	for i := range x {
		d = append(d, x[i]-y[i])
	}
	return d
}

func TestSignedRankPublished(t *testing.T) {
	for _, test := range []struct {
		source string
		d      []float64
		want   float64
	}{
		{
			"R, ?wilcox.test: depression, Hollander and Wolfe 1973, V = 40, p = 0.01953 from one side",
			minus(
				[]float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30},
				[]float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}),
			0.0390625,
		},
		{
			"scipy.stats.wilcoxon: Darwin's maize, W = 24",
			[]float64{6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75},
			0.041259765625,
		},
		{"all of one sign", []float64{1, 2, 3, 4, 5, 6}, 2.0 / 64},
		{"all equal", []float64{3, 3, 3, 3, 3, 3}, 2.0 / 64},
		{"balanced", []float64{1, -1}, 1},
		{"nothing but zeros", []float64{0, 0, 0}, 1},
		{"one", []float64{5}, 1},
		{"none", nil, math.NaN()},
		{"NaN", []float64{1, math.NaN()}, math.NaN()},
		{"infinite", []float64{1, math.Inf(1)}, math.NaN()},
	} {
		if have := SignedRank(test.d); !same(have, test.want, 1e-12) {
			t.Errorf("%s: have %v, want %v", test.source, have, test.want)
		}
	}
}

// The normal approximation, by scipy's tests: with Pratt's zeros and ties
// (stats.wilcoxon(x, 0, "pratt") is without the correction for continuity),
// and with the correction by R, wilcox.test(x, y, paired=TRUE, exact=FALSE).
func TestSignedRankNormal(t *testing.T) {
	var d []float64
	for i, often := range []int{1, 4, 16, 15, 8, 4, 5, 1, 2} {
		for range often {
			d = append(d, float64(i-4))
		}
	}
	ranks, positive := doubledRanks(d)
	if tail := min(positive, sum(ranks)-positive); tail != 2*423 {
		t.Errorf("with Pratt's zeros: have a rank sum of %v, want 423", float64(tail)/2)
	}
	if have := SignedRank(d); have < 0.0031724568 || have > 0.0033 {
		t.Errorf("with Pratt's zeros: have %v, want 0.00317 and a little for continuity", have)
	}
	d = minus(
		[]float64{120, 114, 181, 188, 180, 146, 121, 191, 132, 113, 127, 112},
		[]float64{133, 143, 119, 189, 112, 199, 198, 113, 115, 121, 142, 187})
	if have := normalP(doubledRanks(d)); !same(have, 0.7240817, 1e-6) {
		t.Errorf("corrected for continuity: have %v, want 0.7240817", have)
	}
}

// Where the normal distribution takes over, it agrees with the exact one.
func TestSignedRankHandsOver(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		var d []float64
		for range maxExact {
			d = append(d, random.NormFloat64()+0.3)
		}
		ranks, positive := doubledRanks(d)
		if exact, normal := exactP(ranks, positive), normalP(ranks, positive); math.Abs(exact-normal) > 0.004 {
			t.Errorf("exact %v, normal %v", exact, normal)
		}
	}
}

// The largest rank sums that are significant, from the usual table (Wilcoxon
// 1945; Zar, Biostatistical Analysis, table B.12).
func TestSignedRankCritical(t *testing.T) {
	for _, table := range []struct {
		alpha float64
		first int // n
		sums  []int
	}{
		{0.05, 6, []int{0, 2, 3, 5, 8, 10, 13, 17, 21, 25, 29, 34, 40, 46, 52}},
		{0.01, 8, []int{0, 1, 3, 5, 7, 9, 12, 15, 19, 23, 27, 32, 37}},
	} {
		for i, critical := range table.sums {
			n := table.first + i
			if p := SignedRank(withRankSum(n, critical)); p > table.alpha {
				t.Errorf("n = %d, sum %d: have p = %v, want at most %v", n, critical, p, table.alpha)
			}
			if p := SignedRank(withRankSum(n, critical+1)); p <= table.alpha {
				t.Errorf("n = %d, sum %d: have p = %v, want above %v", n, critical+1, p, table.alpha)
			}
		}
	}
}

// withRankSum returns 1..n with the sign of some turned, of that sum.
func withRankSum(n, sum int) []float64 {
	d := make([]float64, n)
	for i := n; i > 0; i-- {
		d[i-1] = float64(i)
		if i <= sum {
			d[i-1], sum = -d[i-1], sum-i
		}
	}
	return d
}

// The oracle tries all signs. Few distinct values make many ties and zeros.
func TestSignedRankAgainstAllSigns(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 120 {
		d := make([]float64, 1+random.IntN(10))
		for i := range d {
			d[i] = float64(random.IntN(7) - 3)
		}
		if have, want := SignedRank(d), allSigns(d); !same(have, want, 1e-12) {
			t.Errorf("%v: have %v, want %v", d, have, want)
		}
	}
}

func allSigns(d []float64) float64 {
	off := func(signs int) (sum float64) {
		for i, v := range d {
			less, equal := 0, 0
			for _, w := range d {
				if math.Abs(w) < math.Abs(v) {
					less++
				} else if math.Abs(w) == math.Abs(v) {
					equal++
				}
			}
			rank := float64(less) + float64(equal+1)/2
			switch {
			case v == 0:
			case signs>>i&1 == 1:
				sum += rank
			default:
				sum -= rank
			}
		}
		return math.Abs(sum)
	}
	own, extreme := 0, 0
	for i, v := range d {
		if v > 0 {
			own |= 1 << i
		}
	}
	for signs := range 1 << len(d) {
		if off(signs) >= off(own) {
			extreme++
		}
	}
	return float64(extreme) / float64(int(1)<<len(d))
}

// Pratt's own example, JASA 1959: a little less gain in all rounds must not be
// more significant, nor a little more be less. Without its zero, it is both.
func TestSignedRankZerosCount(t *testing.T) {
	d := []float64{0, 2, 3, 4, 6, 7, 8, 9, 11, 14, 15, 17, -18}
	less, own, more := SignedRank(shifted(d, -0.5)), SignedRank(d), SignedRank(shifted(d, 0.5))
	if less < own || own < more {
		t.Errorf("with less, the same and more gain: have %v, %v and %v", less, own, more)
	}
	if dropped := SignedRank(d[1:]); dropped <= less {
		t.Errorf("without the zero: have %v, want more than the %v with less gain", dropped, less)
	}
}

func TestHolm(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		name    string
		p, want []float64
	}{
		{"R, p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), \"holm\")", []float64{0.01, 0.02, 0.03, 0.04, 0.05}, []float64{0.05, 0.08, 0.09, 0.09, 0.09}},
		{"in the order given", []float64{0.04, 0.01, 0.03}, []float64{0.06, 0.03, 0.06}},
		{"at most 1", []float64{0.6, 0.7}, []float64{1, 1}},
		{"equal", []float64{0.01, 0.01}, []float64{0.02, 0.02}},
		{"one", []float64{0.03}, []float64{0.03}},
		{"none", nil, nil},
		{"NaN is refused", []float64{0.01, nan}, []float64{nan, nan}},
		{"no probability", []float64{0.01, 1.5}, []float64{nan, nan}},
		{"negative", []float64{-0.1}, []float64{nan}},
	} {
		have := Holm(test.p)
		if len(have) != len(test.want) {
			t.Fatalf("%s: have %v", test.name, have)
		}
		for i := range have {
			if !same(have[i], test.want[i], 1e-12) {
				t.Errorf("%s: have %v, want %v", test.name, have, test.want)
				break
			}
		}
	}
}

// benchmath's smallest p of two sides of six is 2/924.
func TestMannWhitney(t *testing.T) {
	a, b := []float64{6, 5, 4, 3, 2, 1}, []float64{12, 11, 10, 9, 8, 7}
	for _, test := range []struct {
		a, b []float64
		want float64
	}{
		{a, b, 2.0 / 924}, {b, a, 2.0 / 924}, {[]float64{1, 1}, []float64{1, 1}, 1},
		{nil, b, math.NaN()}, {a, nil, math.NaN()}, {a, []float64{math.NaN()}, math.NaN()},
	} {
		if have := MannWhitney(test.a, test.b); !same(have, test.want, 1e-9) {
			t.Errorf("%v and %v: have %v, want %v", test.a, test.b, have, test.want)
		}
	}
	if a[0] != 6 || b[0] != 12 {
		t.Errorf("the caller's values are now %v and %v", a, b)
	}
}
