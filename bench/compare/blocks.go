package compare

import (
	"fmt"
	"math"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// Blocks judges head against base, two runs of which one was measured after the
// other. It divides the processor time of each row by that of the serial row of the
// same work in the same round, so that a machine that was slower throughout cancels.
// The serial rows themselves are the control: the code that they run is the workload's
// only, so where they differ, it is the machine that does, or the work.
func Blocks(base, head *samples.Run, c Config) *Report {
	r := begin(base, head, c)
	r.note("the two runs were measured one after the other: weaker evidence. Of sequential blocks of one binary, " +
		"up to 40 %% are called different in this repository's own recording (levels compare --replay); levels compare REF REF takes turns")
	r.note("a ratio is of processor time in units of the serial row's, round by round; only serial's own is not")
	pairs, ok := r.match(base, head, nil)
	if !ok {
		return r
	}
	g := c.gate()
	var blocks []block
	for _, p := range pairs {
		blocks = r.block(blocks, p, base, head)
	}
	r.judgeBlocks(blocks, g)
	r.comment(pairs, func(p pair, unit string) (stat.Interval, float64) {
		x, y := p.head.Values(unit), p.base.Values(unit)
		return stat.Unpaired(x, y), stat.MannWhitney(x, y)
	})
	r.conclude()
	return r
}

// A block is one row's processor time on both sides, to be compared as a whole.
type block struct {
	pair
	base, head []float64 // in units of the serial row's, but for serial itself
	margin     float64   // that is not minded
}

// block adds what is to be judged of a pair, or a row that says why nothing is.
func (r *Report) block(blocks []block, p pair, base, head *samples.Run) []block {
	b := block{pair: p, base: p.base.Values(cpu), head: p.head.Values(cpu)}
	if len(b.base) == 0 || len(b.head) == 0 {
		r.oneSided(p)
		return blocks
	}
	if p.base.Name.Level != "serial" {
		b.base, b.head = perSerial(p.base, base), perSerial(p.head, head)
	}
	r.Rounds = max(r.Rounds, len(b.base), len(b.head))
	if len(b.base) == 0 || len(b.head) == 0 {
		row := p.row(cpu)
		row.Verdict, row.Why = Inconclusive, "no valid serial row of the same work in the same rounds: what the machine did cannot be told from what the code did"
		r.Judged = append(r.Judged, row)
		return blocks
	}
	b.margin = max(r.Margin, r.Control.replay(blockNoise(b.base)))
	return append(blocks, b)
}

// blockNoise replays blocks of a quarter of the rounds: blocks of half of them would
// fit in only once, and a single split is no distribution. Below 12 rounds the quarters
// are too short, and the noise is unknown.
func blockNoise(values []float64) stat.Control {
	n := len(values) / 4
	if n < 3 {
		n = 0
	}
	return stat.ReplayBlocks([][]float64{values}, n, replays, 1)
}

// perSerial is the processor time of a row, in units of that of the serial row with
// the same work and size in the same round.
func perSerial(c *samples.Cell, run *samples.Run) (values []float64) {
	serial := samples.Serial(run.Cells, c)
	if serial == nil || report.Fault(serial) != "" {
		return nil
	}
	x, y := samples.Pair(c, serial, cpu)
	for i := range x {
		if y[i] > 0 {
			values = append(values, x[i]/y[i])
		}
	}
	return values
}

// judgeBlocks judges by intervals of the medians and by ranks, adjusted for the
// number of rows. The serial ones are the control.
func (r *Report) judgeBlocks(blocks []block, g stat.Gate) {
	ps := make([]float64, len(blocks))
	for i, b := range blocks {
		if ps[i] = stat.MannWhitney(b.head, b.base); math.IsNaN(ps[i]) {
			ps[i] = 1
		}
	}
	for i, adjusted := range stat.Holm(ps) {
		b := blocks[i]
		row := b.row(cpu)
		row.Ratio, row.P, row.Adjusted, row.Margin = stat.Unpaired(b.head, b.base), Float(ps[i]), Float(adjusted), Float(b.margin)
		row.decide(adjusted < g.Alpha, 1+b.margin)
		row.cap(g.Margin)
		if b.pair.base.Name.Level == "serial" {
			r.steady(&row, 1+b.margin)
		}
		r.Judged = append(r.Judged, row)
	}
}

// decide is the rule of stat.Gate for sides that share no rounds.
func (row *Row) decide(significant bool, limit float64) {
	i := row.Ratio
	percent := fmt.Sprintf("%.3g %%", 100*(limit-1))
	if row.Detectable = Float(math.Inf(1)); i.Bounded() { // about, and in half of the cases
		row.Detectable = Float(limit * i.Center / i.Lo)
	}
	switch {
	case i.Bounded() && significant && i.Lo > limit:
		row.Verdict, row.Why = Fail, "slower by more than "+percent
	case i.Bounded() && i.Hi < limit:
		row.Verdict, row.Why = Pass, "not slower by "+percent
	case i.Bounded():
		row.Verdict, row.Why = Inconclusive, fmt.Sprintf("with this noise, about %.3g %% would have been found", 100*(float64(row.Detectable)-1))
	default:
		row.Verdict, row.Why = Inconclusive, fmt.Sprintf("%d rounds are too few to tell", i.N)
	}
}

// steady makes a serial row what it is: the control. It runs no level, so it has to be
// the same on both sides.
func (r *Report) steady(row *Row, limit float64) {
	r.Control.Measured = true
	r.Control.Rows++
	if row.P < 0.05 {
		r.Control.Alarms++
	}
	i := row.Ratio
	if !i.Bounded() || i.Lo <= limit && i.Hi >= 1/limit {
		return
	}
	row.Verdict, row.Why = Environment, fmt.Sprintf("it runs no level, and takes %.3g times as long: the machine was another, or the work", i.Center)
	if !r.Control.Tripped {
		r.Control.Tripped, r.Control.Why = true, row.Label+": "+row.Why
	}
}
