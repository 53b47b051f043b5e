package usl

import (
	"math"
	"math/rand/v2"
	"slices"
)

// solve finds the coefficients with the least squares. A coefficient that
// would be negative is 0, and the others are fitted again: of what is left, the
// best. The rest of the model is without its ranges.
func solve(points []Point, coherence bool) Model {
	points, unit := scaled(points)
	best, least := Model{}, math.Inf(1)
	which := [][3]bool{{true, true, coherence}, {true, true, false}, {true, false, coherence}, {true, false, false}}
	for _, free := range slices.Compact(which) { // without coherence, two of them are twice there
		m, squares := marquardt(points, free)
		if m.Sigma >= 0 && m.Kappa >= 0 && squares < least {
			best, least = m, squares
		}
	}
	all := sizes(points)
	best.From, best.To = all[0], all[len(all)-1]
	best.R2 = 1 - least/spread(points)
	best.Lambda *= unit
	return best
}

// scaled divides throughputs by the largest, whose square may be no number.
func scaled(points []Point) (again []Point, unit float64) {
	for _, p := range points {
		unit = max(unit, p.X)
	}
	for _, p := range points {
		again = append(again, Point{p.N, p.X / unit})
	}
	return again, unit
}

// marquardt descends from a first guess, with steps between Newton's, which
// are fast near the end, and those down the slope, which are safe before. Only
// free coefficients move; the others are 0.
func marquardt(points []Point, free [3]bool) (Model, float64) {
	m := guess(points, free)
	squares := m.squares(points)
	for damping, step := 1e-3, 0; step < 200 && damping < 1e12; step++ {
		next := m.step(points, free, damping)
		better := next.squares(points)
		if !(better < squares) { // no better, or not even a number
			damping *= 8
			continue
		}
		done := squares-better < 1e-15*squares
		m, squares, damping = next, better, damping/8
		if done {
			break
		}
	}
	return m, squares
}

func guess(points []Point, free [3]bool) Model {
	m := Model{}
	for _, p := range points {
		m.Lambda = max(m.Lambda, p.X/p.N)
	}
	if free[1] {
		m.Sigma = 0.01
	}
	if free[2] {
		m.Kappa = 1e-4
	}
	return m
}

// step solves the normal equations, their diagonal made larger by damping.
func (m Model) step(points []Point, free [3]bool, damping float64) Model {
	var a [3][4]float64
	for _, p := range points {
		d, off := m.slopes(p.N), p.X-m.at(p.N)
		for i := range d {
			for j := range d {
				a[i][j] += d[i] * d[j]
			}
			a[i][3] += d[i] * off
		}
	}
	for i := range free {
		a[i][i] *= 1 + damping
		if !free[i] {
			a[i] = [4]float64{}
			a[0][i], a[1][i], a[2][i], a[i][i] = 0, 0, 0, 1
		}
	}
	by := eliminate(a)
	m.Lambda, m.Sigma, m.Kappa = m.Lambda+by[0], m.Sigma+by[1], m.Kappa+by[2]
	return m
}

// slopes are the derivatives of X by the three coefficients.
func (m Model) slopes(n float64) [3]float64 {
	b := m.burden(n)
	byBurden := -m.Lambda * n / (b * b)
	return [3]float64{n / b, byBurden * (n - 1), byBurden * n * (n - 1)}
}

// eliminate solves three equations. They need no pivot: the matrix is that of
// a sum of squares.
func eliminate(a [3][4]float64) (x [3]float64) {
	for i := range a {
		for j := i + 1; j < 3; j++ {
			by := a[j][i] / a[i][i]
			for k := i; k < 4; k++ {
				a[j][k] -= by * a[i][k]
			}
		}
	}
	for i := 2; i >= 0; i-- {
		x[i] = a[i][3]
		for j := i + 1; j < 3; j++ {
			x[i] -= a[i][j] * x[j]
		}
		x[i] /= a[i][i]
	}
	return x
}

// squares is what the points are off, squared. It is no number where the law
// is none: a burden that is not positive.
func (m Model) squares(points []Point) (sum float64) {
	for _, p := range points {
		if !(m.burden(p.N) > 0) {
			return math.NaN()
		}
		off := p.X - m.at(p.N)
		sum += off * off
	}
	return sum
}

func spread(points []Point) (sum float64) {
	mean := 0.0
	for _, p := range points {
		mean += p.X / float64(len(points))
	}
	for _, p := range points {
		sum += (p.X - mean) * (p.X - mean)
	}
	return sum
}

// bootstrap sets the ranges, and returns that of the loss at the largest N. It
// measures again, 400 times: each point is where the law has it, off by the
// share that some point was off. Noise of benchmarks is a share of them.
func (m *Model) bootstrap(points []Point, coherence bool) Range {
	const times = 400
	random := rand.New(rand.NewPCG(1, 2))
	off := make([]float64, len(points))
	free := max(1, float64(len(points)-3)) // what three coefficients leave
	for i, p := range points {
		off[i] = (p.X/m.at(p.N) - 1) * math.Sqrt(float64(len(points))/free)
	}
	var lambda, sigma, kappa, losses []float64
	again := make([]Point, len(points))
	for range times {
		for i, p := range points {
			again[i] = Point{p.N, m.at(p.N) * (1 + off[random.IntN(len(off))])}
		}
		b := solve(again, coherence)
		lambda, sigma, kappa = append(lambda, b.Lambda), append(sigma, b.Sigma), append(kappa, b.Kappa)
		losses = append(losses, 1-1/b.burden(m.To))
	}
	m.LambdaRange, m.SigmaRange, m.KappaRange = middle(lambda), middle(sigma), middle(kappa)
	return middle(losses)
}

// middle is the range of the middle 95 % of values.
func middle(values []float64) Range {
	slices.Sort(values)
	out := int(float64(len(values)) * (1 - confidence) / 2)
	return Range{values[out], values[len(values)-1-out]}
}
