package usl

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Point is the throughput X of N workers. Points may share an N.
type Point struct{ N, X float64 }

// A Range is where the true value lies with 95 %, as far as noise goes.
type Range struct{ Lo, Hi float64 }

// A Model is the law with its coefficients.
type Model struct {
	Lambda, Sigma, Kappa float64
	R2                   float64 // share of the variance of X that the law explains; NaN if X does not vary

	LambdaRange, SigmaRange, KappaRange Range

	From, To float64 // the N that were measured
}

// What data cannot tell.
var (
	ErrPoints  = errors.New("usl: N must be 1 or more, and X positive")
	ErrTooFew  = errors.New("usl: needs four different N, or the law fits anything")
	ErrLinear  = errors.New("usl: no bend within the measured N, so no limit to be told")
	ErrVague   = errors.New("usl: there is a bend, but contention and coherence cannot be told apart")
	ErrHoldOut = errors.New("usl: the law does not foresee the last point")
	ErrRange   = errors.New("usl: beyond the measured N")
)

const (
	distinct   = 4    // different N at least
	straight   = 0.02 // a loss that is no bend
	farOff     = 0.25 // of a hold-out
	confidence = 0.95
)

// Fit fits the law by least squares, with σ and κ at least 0. If the data do
// not hold what is asked of them, it returns an error that says why: ErrTooFew;
// ErrLinear if the loss at the largest N may be below 2 %; ErrVague if both σ
// and κ may be 0; ErrHoldOut if of five or more N the last is foreseen wrong by
// more than 25 % by the others. With the last three it returns the model, too:
// a curve to draw through the points, with coefficients not to be quoted.
func Fit(points []Point) (Model, error) {
	m, losses, err := fit(points, true)
	if err != nil {
		return Model{}, err
	}
	switch {
	case losses.Lo < straight:
		return m, ErrLinear
	case m.SigmaRange.Lo == 0 && m.KappaRange.Lo == 0:
		return m, ErrVague
	}
	return m, foresees(points)
}

// Amdahl fits the law without coherence. Its errors are ErrTooFew and
// ErrLinear, as Fit's.
func Amdahl(points []Point) (Model, error) {
	m, losses, err := fit(points, false)
	if err == nil && losses.Lo < straight {
		err = ErrLinear
	}
	return m, err
}

// fit returns the model with its ranges, and the range of the loss at To.
func fit(points []Point, coherence bool) (Model, Range, error) {
	if err := check(points); err != nil {
		return Model{}, Range{}, err
	}
	if len(sizes(points)) < distinct {
		return Model{}, Range{}, ErrTooFew
	}
	m := solve(points, coherence)
	losses := m.bootstrap(points, coherence)
	return m, losses, nil
}

func foresees(points []Point) error {
	if len(sizes(points)) <= distinct {
		return nil // three points fit always
	}
	off, err := HoldOut(points, 1)
	if err == nil && math.Abs(off) > farOff {
		err = fmt.Errorf("%w: it is off by %+.0f %%", ErrHoldOut, 100*off)
	}
	return err
}

// HoldOut fits the law without the points of the largest N, as many N as out
// says, and predicts the throughput at the very largest. It returns by which
// share that is too high, or too low if negative. It needs three N to fit.
func HoldOut(points []Point, out int) (float64, error) {
	if err := check(points); err != nil {
		return math.NaN(), err
	}
	all := sizes(points)
	if out < 1 || len(all)-out < 3 {
		return math.NaN(), ErrTooFew
	}
	last, first := all[len(all)-1], all[len(all)-out]
	var kept []Point
	var at []float64
	for _, p := range points {
		if p.N < first {
			kept = append(kept, p)
		}
		if p.N == last {
			at = append(at, p.X)
		}
	}
	slices.Sort(at)
	measured := (at[(len(at)-1)/2] + at[len(at)/2]) / 2
	return solve(kept, true).at(last)/measured - 1, nil
}

// Predict returns the throughput of n workers, and ErrRange if fewer or more
// than those that were measured.
func (m Model) Predict(n float64) (float64, error) {
	if !(n >= m.From && n <= m.To) {
		return math.NaN(), fmt.Errorf("%w: %v is not in %v to %v", ErrRange, n, m.From, m.To)
	}
	return m.at(n), nil
}

// Peak returns the largest whole N up to which more workers help, +Inf if
// there is none. It is a prediction where it is above To: see PeakMeasured.
func (m Model) Peak() float64 {
	if m.Kappa == 0 {
		return math.Inf(1)
	}
	return max(1, math.Floor(math.Sqrt(max(0, 1-m.Sigma)/m.Kappa)))
}

// PeakMeasured tells whether the peak is within what was measured.
func (m Model) PeakMeasured() bool { return m.Peak() <= m.To }

// Max returns the throughput at the peak: λ/σ if contention alone limits it,
// and +Inf if nothing does.
func (m Model) Max() float64 {
	if m.Kappa == 0 {
		return m.Lambda / m.Sigma
	}
	return m.at(m.Peak())
}

func (m Model) at(n float64) float64 { return m.Lambda * n / m.burden(n) }

// burden is by how much the speed of a worker is divided.
func (m Model) burden(n float64) float64 { return 1 + m.Sigma*(n-1) + m.Kappa*n*(n-1) }

func check(points []Point) error {
	for _, p := range points {
		if !(p.N >= 1 && p.X > 0) || math.IsInf(p.N, 0) || math.IsInf(p.X, 0) {
			return fmt.Errorf("%w: have N = %v and X = %v", ErrPoints, p.N, p.X)
		}
	}
	return nil
}

// sizes returns the different N in order.
func sizes(points []Point) (all []float64) {
	for _, p := range points {
		all = append(all, p.N)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
