package stat

import (
	"cmp"
	"fmt"
	"math"
)

// A Gate decides whether measurements got worse. Larger is worse: callers
// whose numbers are rates turn them over.
type Gate struct {
	Alpha  float64 // of all tests together; 0 is 0.01
	Margin float64 // a worsening that nobody minds, as a share; 0 is 0.05
	Floor  float64 // of the noise, from [Replay]; counts if above Margin
}

// A Series is one benchmark measured in rounds, before and after.
type Series struct {
	Name       string
	Head, Base []float64 // by round
	Floor      float64   // of its own noise; counts if above the gate's
}

// An Outcome is what a gate says of a series.
type Outcome string

// Pass means shown to be no worse than the margin, and Fail shown to be worse.
// Inconclusive is neither: it must not be shown as if nothing had got worse.
const (
	Pass         Outcome = "PASS"
	Fail         Outcome = "FAIL"
	Inconclusive Outcome = "INCONCLUSIVE"
)

// A Verdict is an outcome and what it is based on.
type Verdict struct {
	Name     string
	Outcome  Outcome
	Ratio    Interval // of head over base
	P        float64  // by [SignedRank]; NaN if it could not be tested
	Adjusted float64  // by [Holm] over all series
	// Detectable is the smallest slow-down that the gate would have found in
	// four of five cases, as a ratio; NaN if it could not be tested.
	Detectable float64
	Why        string
}

// power is the share of cases in which a detectable slow-down is found.
const power = 0.8

// Judge returns the verdicts on tests, in their order. A series fails if its p,
// adjusted for the number of tests, is below Alpha, and the lower bound of its
// ratio above the margin. It passes if the upper bound is below the margin.
// A series that cannot be tested is inconclusive, and counts among the tests.
func (g Gate) Judge(tests []Series) []Verdict {
	verdicts, ps := make([]Verdict, len(tests)), make([]float64, len(tests))
	logs := make([][]float64, len(tests))
	for i, t := range tests {
		logs[i], _ = LogRatios(t.Head, t.Base)
		verdicts[i] = Verdict{Name: t.Name, Ratio: Ratio(t.Head, t.Base), P: SignedRank(logs[i])}
		if ps[i] = verdicts[i].P; math.IsNaN(ps[i]) {
			ps[i] = 1
		}
	}
	for i, adjusted := range Holm(ps) {
		verdicts[i].Adjusted = adjusted
		g.above(tests[i].Floor).decide(&verdicts[i], logs[i], len(tests))
	}
	return verdicts
}

func (g Gate) decide(v *Verdict, logs []float64, tests int) {
	limit := g.limit()
	v.Detectable = detectable(logs, power, g.Rule(tests)) // NaN without logs
	switch {
	case math.IsNaN(v.P):
		v.Outcome = Inconclusive
		v.Why = "not comparable: it needs as many samples before as after, all of them positive"
	case v.Adjusted < g.Defaults().Alpha && v.Ratio.Lo > limit:
		v.Outcome, v.Why = Fail, fmt.Sprintf("slower by more than %.3g %%", 100*(limit-1))
	case v.Ratio.Bounded() && v.Ratio.Hi < limit:
		v.Outcome, v.Why = Pass, fmt.Sprintf("not slower by %.3g %%", 100*(limit-1))
	default:
		v.Outcome = Inconclusive
		v.Why = fmt.Sprintf("%d rounds would have found a slow-down by %.3g %%", v.Ratio.N, 100*(v.Detectable-1))
		if math.IsInf(v.Detectable, 1) {
			v.Why = fmt.Sprintf("%d rounds cannot find a slow-down in %d tests", v.Ratio.N, tests)
		}
	}
}

// Rule returns what a series must show to fail as the first of as many tests,
// for [Power]. Holm asks that of the worst series, and less of the others.
func (g Gate) Rule(tests int) func(logRatios []float64) bool {
	alpha, limit := g.Defaults().Alpha/float64(max(1, tests)), math.Log(g.limit())
	return func(logs []float64) bool {
		return logInterval(logs).Lo > limit && SignedRank(logs) < alpha
	}
}

// Defaults is g with what 0 stands for.
func (g Gate) Defaults() Gate {
	g.Alpha, g.Margin = cmp.Or(g.Alpha, 0.01), cmp.Or(g.Margin, 0.05)
	return g
}

// above is the gate of a series that has a floor of its own: one that is noisy
// must not make the gate blind to the others.
func (g Gate) above(floor float64) Gate {
	g.Floor = max(g.Floor, floor)
	return g
}

// limit is the ratio up to which nobody minds, or can tell.
func (g Gate) limit() float64 {
	return 1 + max(g.Defaults().Margin, g.Floor)
}
