package report

import (
	"testing"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// Tasks of bytes take about the same time whatever their length is: they stand by their
// length, and those of cpu by the time that they take.
func TestBySize(t *testing.T) {
	cell := func(v float64) Cell { return Cell{Center: v, Lo: v, Hi: v, N: 6} }
	run := &Run{}
	for _, size := range []struct {
		grain string
		rate  float64
	}{{"64", 1e7}, {"4096", 1.2e7}, {"1048576", 1.1e7}} {
		for _, work := range []string{"bytes", "cpu"} {
			run.Tables = append(run.Tables, Table{Work: work, Grain: size.grain, Rows: []Row{
				{Level: "serial", Impl: "serial", Rate: cell(size.rate)}, {Level: "thread", Impl: "crew", Gain: cell(2)}}})
		}
	}
	p := &pager{run: run, styles: map[string]int{}}
	for work, want := range map[string][]float64{"bytes": {64, 4096, 1048576}, "cpu": {1 / 1.2e7, 1 / 1.1e7, 1e-7}} {
		c, _ := p.bySize(work, gained, chart.Axis{})
		for i, point := range c.Series[0].Points {
			if point.At != want[i] {
				t.Errorf("%s: point %d is at %g, want %g", work, i, point.At, want[i])
			}
		}
	}
}
