package compare

import (
	"fmt"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Control is what the base says when it is compared with itself.
type Control struct {
	Measured bool   `json:"measured"` // in the same rounds; else only the base's own rounds tell
	Tripped  bool   `json:"tripped"`  // it found a difference, where there is none
	Why      string `json:"why,omitempty"`
	Rows     int    `json:"rows"`   // that were compared so
	Alarms   int    `json:"alarms"` // rows with p below 5 %, not adjusted: one in twenty is due
	// Of replays of the base's rounds: the noise floor of the quietest row and of the
	// loudest. How often equal things differ, Alarms says: these were really measured.
	Replays int   `json:"replays"`
	Least   Float `json:"leastFloor"`
	Most    Float `json:"mostFloor"`
}

// replays of each row: enough for a percentile, and quick.
const replays = 400

// calibrate returns the noise floor of a benchmark's processor time: what less than 1
// in 20 comparisons of equal things goes beyond. With a control, the base and its
// control take the sides; without, the base's own rounds do, of which half as many
// fit in.
func (c *Control) calibrate(p pair) float64 {
	series, n := p.base.Values(cpu), p.base.Rounds()/2
	if again, base := samples.Pair(p.control, p.base, cpu); len(base) > 0 {
		series, n = weave(base, again), len(base)
	}
	return c.replay(stat.Replay([][]float64{series}, n, replays, 1))
}

// weave puts what was measured in one round side by side.
func weave(a, b []float64) (both []float64) {
	for i := range a {
		both = append(both, a[i], b[i])
	}
	return both
}

// replay enters the replays of one row, and returns its floor: 0 if nothing is known.
func (c *Control) replay(r stat.Control) float64 {
	if r.Replays == 0 {
		return 0
	}
	if c.Replays == 0 || Float(r.Floor) < c.Least {
		c.Least = Float(r.Floor)
	}
	c.Most = max(c.Most, Float(r.Floor))
	c.Replays += r.Replays
	return r.Floor
}

// judge compares the control with the base as head was, in both directions: a control
// that got faster by more than the margin says as much about the machine.
func (c *Control) judge(pairs []pair, g stat.Gate) {
	c.Measured, c.Rows = true, len(pairs)
	for _, turned := range []bool{false, true} {
		var tests []stat.Series
		for _, p := range pairs {
			again, base := samples.Pair(p.control, p.base, cpu)
			if turned {
				again, base = base, again
			}
			tests = append(tests, stat.Series{Name: p.label, Head: again, Base: base})
		}
		for _, v := range g.Judge(tests) {
			if v.P < 0.05 && !turned {
				c.Alarms++
			}
			if v.Outcome == stat.Fail && !c.Tripped {
				c.Tripped = true
				c.Why = fmt.Sprintf("of one binary, %s took %.3g times as long the second time in each round", v.Name, v.Ratio.Center)
				if turned {
					c.Why = fmt.Sprintf("of one binary, %s took %.3g times as long the first time in each round", v.Name, v.Ratio.Center)
				}
			}
		}
	}
}
