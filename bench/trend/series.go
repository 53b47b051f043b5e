package trend

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
	"github.com/fourlevels/fourlevels/bench/stat/changepoint"
)

// A Series is one measurement of one benchmark, over the runs.
type Series struct {
	Name    samples.Name
	Metric  string
	Higher  bool // is better
	Divided bool // by serial, in each round
	Counted bool // one is added to all measurements, since they may be 0
	Points  []Point
	Changes []Change
	Unsure  string // "" or why no changes could be looked for
}

// A Point is one run in a series, as a ratio to the baseline.
type Point struct {
	Run            int // index
	Center, Lo, Hi float64
	N              int
	Ignored        string // "" or why it is not looked at for changes; without figures if N is 0
}

// A Change is where a series changed for good.
type Change struct {
	Run   int     // the first after it
	By    float64 // ratio of after to before
	P     float64
	Worse bool
}

// metrics are what is followed.
var metrics = []struct {
	unit, name string
	higher     bool
	divide     bool // by serial
	count      bool // which may be 0
}{
	{"tasks/s", "tasks/s", true, true, false}, {"cpu-sec/op", "CPU/task", false, true, false}, {"p50-sec", "p50", false, true, false},
	{"metg50-sec", "METG(50%)", false, false, false}, {"startup-sec", "start-up", false, false, false},
	{"allocs/op", "allocs", false, false, true}, {"redis-cmds/op", "Redis cmds", false, false, true}, {"wire-B/op", "wire bytes", false, false, true},
}

// tooNoisy is the half width of an interval beyond which a point says nothing.
const tooNoisy = 0.25

// follow makes the series of all benchmarks that the baseline has.
func (t *Trend) follow() {
	for _, c := range t.Runs[t.Baseline].raw.Cells {
		for _, m := range metrics {
			if c.Name.Level == "" || len(c.Values(m.unit)) == 0 {
				continue
			}
			s := Series{Name: c.Name, Metric: m.name, Higher: m.higher, Counted: m.count}
			s.Divided = m.divide && c.Name.Level != "serial" && samples.Serial(t.Runs[t.Baseline].raw.Cells, c) != nil
			base := s.values(t.Runs[t.Baseline].raw, c, m.unit)
			if stat.Median(base) > 0 {
				s.measure(t, c, m.unit, base)
				s.change()
				t.Series = append(t.Series, s)
			}
		}
	}
	t.newer()
	slices.SortStableFunc(t.Series, func(a, b Series) int {
		return cmp.Or(cmp.Compare(a.kind(), b.kind()), report.Order(a.Name, b.Name))
	})
}

// newer lists what later runs measure and the baseline does not.
func (t *Trend) newer() {
	for _, r := range t.Runs[t.Baseline:] {
		for _, c := range r.raw.Cells {
			id := samples.Clean(c.Name.ID)
			if c.Name.Level != "" && find(t.Runs[t.Baseline].raw, c.Name) == nil && !slices.Contains(t.Newer, id) {
				t.Newer = append(t.Newer, id)
			}
		}
	}
}

// kind is the sort of benchmark; "" for those that make the tables of a run.
func (s *Series) kind() string {
	if b := s.Name.Base; b != "Throughput" && b != "Latency" {
		return b
	}
	return ""
}

// measure adds a point for each run.
func (s *Series) measure(t *Trend, base *samples.Cell, unit string, values []float64) {
	for i, r := range t.Runs {
		p := Point{Run: i}
		c := find(r.raw, base.Name)
		switch {
		case c == nil:
			p.Ignored = "not measured"
		case report.Fault(c) != "":
			p.Ignored = "INVALID: " + report.Fault(c)
		case otherWork(c, base):
			p.Ignored = "it does other work than in the baseline: its checksum differs"
		default:
			p.compare(s.values(r.raw, c, unit), values, s.Divided)
		}
		s.Points = append(s.Points, p)
	}
}

func (p *Point) compare(values, base []float64, divided bool) {
	i := stat.Unpaired(values, base)
	switch {
	case i.N == 0 && divided:
		p.Ignored = "not measured in rounds that serial has, too"
		return
	case i.N == 0:
		p.Ignored = "not measured"
		return
	case math.IsNaN(i.Center):
		p.Ignored = "no ratio: a measurement is not above 0"
		return
	}
	p.Center, p.Lo, p.Hi, p.N = i.Center, i.Lo, i.Hi, i.N
	switch {
	case !i.Bounded():
		p.Ignored = fmt.Sprintf("%d rounds have no interval", i.N)
	case max(i.Hi/i.Center-1, 1-i.Lo/i.Center) > tooNoisy:
		p.Ignored = fmt.Sprintf("too noisy: ±%.0f %%", 100*max(i.Hi/i.Center-1, 1-i.Lo/i.Center))
	}
}

// values are the measurements of a cell, each divided by serial of its round.
func (s *Series) values(r *samples.Run, c *samples.Cell, unit string) []float64 {
	switch {
	case s.Counted:
		return addOne(c.Values(unit))
	case !s.Divided:
		return c.Values(unit)
	}
	serial := samples.Serial(r.Cells, c)
	if serial == nil || report.Fault(serial) != "" {
		return nil
	}
	var ratios []float64
	x, y := samples.Pair(c, serial, unit)
	for i := range x {
		if y[i] > 0 {
			ratios = append(ratios, x[i]/y[i])
		}
	}
	return ratios
}

// addOne makes ratios of counts possible that are 0, or were.
func addOne(counts []float64) (more []float64) {
	for _, c := range counts {
		more = append(more, c+1)
	}
	return more
}

func find(r *samples.Run, n samples.Name) *samples.Cell {
	for _, c := range r.Cells {
		if c.Name.ID == n.ID {
			return c
		}
	}
	return nil
}

func otherWork(c, base *samples.Cell) bool {
	have, want := c.Values("checksum"), base.Values("checksum")
	return len(have) > 0 && len(want) > 0 && have[0] != want[0]
}

// change looks for the runs at which the series changed for good.
func (s *Series) change() {
	var logs []float64
	var runs []int
	for _, p := range s.Points {
		if p.Ignored == "" {
			logs, runs = append(logs, math.Log(p.Center)), append(runs, p.Run)
		}
	}
	found, err := changepoint.Find(logs, changepoint.Config{})
	switch {
	case errors.Is(err, changepoint.ErrShort):
		s.Unsure = fmt.Sprintf("it takes more than %s to be sure", report.Count(len(logs), "run", "runs"))
	case err != nil:
		s.Unsure = err.Error()
	}
	for _, c := range found {
		by := math.Exp(c.After - c.Before)
		s.Changes = append(s.Changes, Change{Run: runs[c.Index], By: by, P: c.P, Worse: by > 1 != s.Higher})
	}
}
