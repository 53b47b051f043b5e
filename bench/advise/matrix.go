package advise

import (
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// A Matrix has a row for each question that decides between levels, and a column for each
// level.
type Matrix struct {
	Run    string   `json:"run"`
	Levels []string `json:"levels"`
	Rows   []Row    `json:"rows"`
}

// A Row is one question.
type Row struct {
	Question string `json:"question"`
	Unit     string `json:"unit"` // "" where levels promise something
	Source   string `json:"source"`
	Cells    []Cell `json:"cells"`
}

// A Cell is what a run measured, or what a level promises.
type Cell struct {
	Value   *float64 `json:"value,omitempty"` // the median over the rounds, in base units
	Lo      *float64 `json:"lo,omitempty"`    // its 95 % interval, where there are rounds enough
	Hi      *float64 `json:"hi,omitempty"`
	Promise string   `json:"promise,omitempty"`
	Best    bool     `json:"best,omitempty"`
	Why     string   `json:"why,omitempty"` // there is nothing
}

// columns of the matrix.
var columns = []struct{ level, impl, name string }{
	{"machine", "rpc", "machine/rpc"}, {"machine", "queue", "machine/queue"},
	{"process", "pipe", "process"}, {"thread", "crew", "thread"}, {"async", "pool", "async"},
}

// A measured row takes its cells from one unit of one sort of benchmark.
type measuredRow struct {
	question, unit string // of the samples
	base, work     string
	grain          func(string) bool
	higher         bool
	remedy         string // how to have it measured
}

func all(string) bool { return true }

func small(grain string) bool { n, _ := strconv.Atoi(grain); return n > 0 && n <= 1000 }
func large(grain string) bool { n, _ := strconv.Atoi(grain); return n >= 50_000 }

var measuredRows = []measuredRow{
	{"smallest task that pays (METG 50 %)", "metg50-sec", "METG", "cpu", all, false, "levels bench --measure metg"},
	{"small tasks that compute: a second", "tasks/s", "Throughput", "cpu", small, true, "levels bench --work cpu --grain 1000"},
	{"tasks that compute: a second", "tasks/s", "Throughput", "cpu", large, true, "levels bench --work cpu"},
	{"one that waits, alone", "p50-sec", "Latency", "io", all, false, "levels bench --work io"},
	{"many that wait: tasks a second", "tasks/s", "Throughput", "io", all, true, "levels bench --work io"},
	{"CPU of one that waits", "cpu-sec/op", "Throughput", "io", all, false, "levels bench --work io"},
	{"memory of all that: bytes", "peak-RSS-bytes", "Throughput", "io", all, false, "levels bench --work io"},
	{"memory of one in flight", "inflight-B/task", "Cost", "empty", all, false, "levels bench --measure cost"},
	{"from nothing to a first result", "startup-sec", "Startup", "empty", all, false, "levels bench --measure startup"},
	{"a lone task's hand-over", "p50-sec", "Latency", "empty", all, false, "levels bench --work empty"},
	{"the same, 1 in 100", "p99-sec", "Latency", "empty", all, false, "levels bench --work empty"},
}

// promises are those of docs/levels.md, in the order of columns. They are no measurements.
var promises = []struct {
	question string
	cells    [5]string
	best     [5]bool
}{
	{"a function panics", [5]string{"task fails", "task fails", "task lost", "all die", "all die"}, [5]bool{true, true, false, false, false}},
	{"must be stopped in time", [5]string{"request cancelled", "cancelled in 0.5 s", "killed", "waits for it", "waits for it"}, [5]bool{false, false, true, false, false}},
	{"a worker dies", [5]string{"tasks lost", "another takes over", "slice lost", "cannot alone", "cannot alone"}, [5]bool{false, true, false, false, false}},
	{"a task is run", [5]string{"at most once", "at least once", "at most once", "exactly once", "exactly once"}, [5]bool{}},
	{"more than one host", [5]string{"yes", "yes", "no", "no", "no"}, [5]bool{true, true, false, false, false}},
}

// NewMatrix fills the matrix from a run.
func NewMatrix(run *samples.Run) *Matrix {
	m := &Matrix{Run: samples.Clean(run.File)}
	for _, c := range columns {
		m.Levels = append(m.Levels, c.name)
	}
	for _, r := range measuredRows {
		m.Rows = append(m.Rows, r.row(run))
	}
	for _, p := range promises {
		row := Row{Question: p.question, Source: "docs/levels.md"}
		for i, text := range p.cells {
			row.Cells = append(row.Cells, Cell{Promise: text, Best: p.best[i]})
		}
		m.Rows = append(m.Rows, row)
	}
	return m
}

func (r measuredRow) row(run *samples.Run) Row {
	row := Row{Question: r.question, Unit: r.unit, Source: "measured: " + r.base + " of " + r.work}
	for _, column := range columns {
		cell := Cell{Why: "not measured: " + r.remedy}
		if c := r.find(run, column.level, column.impl); c != nil {
			if values := c.Values(r.unit); len(values) > 0 {
				cell = measured(values)
			}
		}
		row.Cells = append(row.Cells, cell)
	}
	mark(row.Cells, r.higher)
	return row
}

// find is the run's cell for a column: of several sizes the smallest, of several widths the
// first.
func (r measuredRow) find(run *samples.Run, level, impl string) *samples.Cell {
	var found *samples.Cell
	for _, c := range run.Cells {
		n := c.Name
		if n.Base != r.base || n.Work != r.work || n.Level != level || n.Impl != impl || !r.grain(n.Grain) || n.Part("rtt-us") != "" || strings.Contains(n.Full, "mode=") {
			continue
		}
		if found == nil || number(n.Grain) < number(found.Name.Grain) {
			found = c
		}
	}
	return found
}

func number(grain string) int { n, _ := strconv.Atoi(grain); return n }

// measured is a cell with the median of values, and its interval.
func measured(values []float64) Cell {
	center := stat.Median(values)
	cell := Cell{Value: &center}
	lo, hi := stat.MedianInterval(values, stat.Confidence)
	if i := (stat.Interval{Center: center, Lo: lo, Hi: hi, N: len(values)}); i.Bounded() {
		cell.Lo, cell.Hi = &lo, &hi
	}
	return cell
}

// mark marks the best, and all whose intervals touch its own. Without intervals nothing is
// known to be best.
func mark(cells []Cell, higher bool) {
	best := -1
	for i, c := range cells {
		if c.Value != nil && c.Lo != nil && (best < 0 || (*c.Value > *cells[best].Value) == higher) {
			best = i
		}
	}
	for i := range cells {
		if c := &cells[i]; best >= 0 && c.Lo != nil {
			c.Best = *c.Hi >= *cells[best].Lo && *c.Lo <= *cells[best].Hi
		}
	}
}
