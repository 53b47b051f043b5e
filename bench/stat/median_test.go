package stat

import (
	"math"
	"slices"
	"testing"
)

// What is compared throughout: NaN equals NaN here.
func same(have, want, tolerance float64) bool {
	return have == want || math.IsNaN(have) && math.IsNaN(want) || math.Abs(have-want) <= tolerance*math.Abs(want)
}

func TestQuantile(t *testing.T) {
	x := []float64{7, 1, 3, 10, 5} // R: quantile(c(7, 1, 3, 10, 5), c(0, 0.1, 0.25, 0.5, 0.9, 1))
	for _, test := range []struct{ q, want float64 }{
		{0, 1}, {0.1, 1.8}, {0.25, 3}, {0.5, 5}, {0.9, 8.8}, {1, 10},
		{-0.1, math.NaN()}, {1.1, math.NaN()}, {math.NaN(), math.NaN()},
	} {
		if have := Quantile(x, test.q); !same(have, test.want, 1e-12) {
			t.Errorf("quantile %v: have %v, want %v", test.q, have, test.want)
		}
	}
	if !slices.Equal(x, []float64{7, 1, 3, 10, 5}) {
		t.Errorf("the caller's values are now %v", x)
	}
	inf, nan := math.Inf(1), math.NaN()
	for _, test := range []struct {
		x    []float64
		want float64
	}{
		{nil, nan}, {[]float64{2}, 2}, {[]float64{2, 4}, 3}, {[]float64{1, nan, 2}, nan},
		{[]float64{1, inf}, inf}, {[]float64{inf, inf, -inf}, inf}, {[]float64{-inf, inf}, nan},
	} {
		if have := Median(test.x); !same(have, test.want, 0) {
			t.Errorf("median of %v: have %v, want %v", test.x, have, test.want)
		}
	}
}

// The ranks are those of the tables of the sign test, for instance in Hahn and
// Meeker, Statistical Intervals, 1991.
func TestMedianInterval(t *testing.T) {
	for _, test := range []struct {
		n          int
		confidence float64
		lo, hi     float64
	}{
		{6, 0.95, 1, 6}, {8, 0.95, 1, 8}, {9, 0.95, 2, 8}, {10, 0.95, 2, 9}, {15, 0.95, 4, 12},
		{20, 0.95, 6, 15}, {30, 0.95, 10, 21}, {50, 0.95, 18, 33}, {100, 0.95, 40, 61},
		{8, 0.99, 1, 8}, {10, 0.99, 1, 10}, {20, 0.99, 4, 17},
	} {
		var x []float64
		for i := range test.n {
			x = append(x, float64(test.n-i))
		}
		if lo, hi := MedianInterval(x, test.confidence); lo != test.lo || hi != test.hi {
			t.Errorf("%d samples: have %v..%v, want %v..%v", test.n, lo, hi, test.lo, test.hi)
		}
		if x[0] != float64(test.n) {
			t.Errorf("the caller's values are now %v", x)
		}
	}
	for n := range enough {
		if lo, hi := MedianInterval(make([]float64, n), 0.95); !math.IsInf(lo, -1) || !math.IsInf(hi, 1) {
			t.Errorf("%d samples: have %v..%v, want no bounds", n, lo, hi)
		}
	}
	for _, confidence := range []float64{0, 1, -1, math.NaN()} {
		if lo, hi := MedianInterval(make([]float64, 9), confidence); !math.IsNaN(lo) || !math.IsNaN(hi) {
			t.Errorf("confidence %v: have %v..%v, want NaN", confidence, lo, hi)
		}
	}
}
