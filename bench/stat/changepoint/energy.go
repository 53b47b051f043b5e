package changepoint

import (
	"math"
	"slices"

	"github.com/fourlevels/fourlevels/bench/stat"
)

// An energy is a segment in which the best split is looked for.
type energy struct {
	values []float64
	least  int
	ends   []int       // where the right side may end
	to     [][]float64 // by end and first value: its distances to those before the end
}

// newEnergy takes the values of a segment. Those that are out of Tukey's fences
// are taken back to the fence: there they still are apart, but do not weigh
// more than a whole level.
func newEnergy(segment []float64, least int) *energy {
	e := &energy{values: slices.Clone(segment), least: least}
	q1, q3 := stat.Quantile(segment, 0.25), stat.Quantile(segment, 0.75)
	if out := 1.5 * (q3 - q1); out > 0 {
		for i, v := range e.values {
			e.values[i] = min(max(v, q1-out), q3+out)
		}
	}
	const tried = 32 // ends: in longer segments, not every one is tried
	n := len(segment)
	for end := n; end >= 2*least; end -= (n + tried - 1) / tried {
		e.ends = append(e.ends, end)
		e.to = append(e.to, make([]float64, n))
	}
	slices.Reverse(e.ends)
	return e
}

// best returns the split with the largest statistic, and the statistic. The
// right side may end before the segment does: of a level that comes and goes,
// the whole rest would look like what was before.
func (e *energy) best() (at int, height float64) {
	left := e.measure()
	height = math.Inf(-1)
	for k, end := range e.ends {
		right := 0.0
		for i := end - 1; i >= e.least; i-- {
			right += e.to[k][i]
			if end-i < e.least {
				continue
			}
			if h := statistic(i, end-i, left[i], right, left[end]); h > height {
				at, height = i, h
			}
		}
	}
	return at, height
}

// measure sets all distances that best needs, and returns the sum of those
// among the first values, by how many.
func (e *energy) measure() []float64 {
	n := len(e.values)
	left := make([]float64, n+1)
	for i, v := range e.values {
		sum, j := 0.0, i+1
		for k, end := range e.ends {
			for ; j < end; j++ {
				d := math.Abs(e.values[j] - v)
				sum, left[j+1] = sum+d, left[j+1]+d
			}
			e.to[k][i] = sum
		}
	}
	for i := range n {
		left[i+1] += left[i]
	}
	return left
}

// statistic is Q of Matteson and James, of m and n values, with the sums of
// distances within the left, the right, and both.
func statistic(m, n int, left, right, total float64) float64 {
	x, y := float64(m), float64(n)
	between := (total - left - right) / (x * y)
	return x * y / (x + y) * (2*between - 2*left/(x*(x-1)) - 2*right/(y*(y-1)))
}
