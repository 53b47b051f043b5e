// Package report turns the raw results of a run into tables that say which
// level of concurrency to take, and why.
//
// It works in three steps, each a few files:
//
//   - read: [Open] and [Read] take what package samples reads, strictly (read.go);
//   - judge: samples become rows, rows that cannot be believed become INVALID,
//     the rest becomes medians with intervals, marks for the best and a verdict
//     (rows.go, valid.go, summary.go, verdict.go);
//   - print: [Run.Write] prints for terminals, pages and programs (format.go,
//     table.go, markdown.go, data.go, export.go); [Run.WritePage] makes a page with
//     charts (page.go, and pageglance.go to pageend.go in its order).
//
// What is measured beside throughput and the latency of a lone task is in sections
// below the tables, each made in a file of its own (section.go names them). For
// terminals those with a shape are drawn, too (plot.go).
//
// The words are data and stand apart from the code: lessons.go says who should
// win each workload and why, notes.go says what was not measured.
//
// The package knows levels only as words in the names of benchmarks. It reads
// files that `levels bench` or `go test -bench` wrote, and measures nothing.
package report

import (
	"math"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Run is one execution of the benchmarks, read and judged.
type Run struct {
	Name     string    // name of the run's folder, or what [Read] was told
	Raw      string    // where the raw results are
	Config   []Setting // the file's configuration, in its order: go, cpu, store ...
	Rounds   int       // rounds that were planned; 0 means the file does not say
	Partial  string    // "" or how much of it was done, as in "3 of 6 rounds"
	Tables   []Table   // one for each workload and grain
	Sections []Section // what is measured beside the tables, as far as it was
	Notes    []string  // what the tables do not say by themselves

	raw *samples.Run
}

// A Setting is one key and its value, from a configuration line or from the
// name of a benchmark.
type Setting = samples.Setting

// A Table compares the levels on one workload.
type Table struct {
	Work    string // empty, cpu, io ...
	Grain   string // size of one task, as the name gives it; "" if it does not
	Rows    []Row  // serial first, then the levels in the order of the talk
	Verdict string // who won, and whether that was to be expected, in a sentence or two
	Noise   string // what the table could have told at all; "" if nothing is known
}

// A Row is one way of running the workload. A row with a reason in Invalid has
// no measurements: what cannot be believed is not shown.
type Row struct {
	Label       string    // what to call the row: short, and unlike any other
	Level, Impl string    // as the name gives them
	AtOnce      int       // tasks in flight; 0 means the name does not say
	More        []Setting // the other parts of the name: workers, batch ...

	Rate   Cell // tasks a second
	Gain   Cell // Rate against that of serial; serial has 1
	P50    Cell // median latency of a lone task, in seconds
	P99    Cell // 99th percentile of the same
	CPU    Cell // processor time a task, in seconds
	Memory Cell // peak resident memory, in bytes

	Invalid string // "" or why nothing here can be believed

	Name          samples.Name  // as the benchmark gives it; print it through samples.Clean
	crowded, lone *samples.Cell // the Throughput and the Latency benchmark; either may be nil
}

// A Cell is a measurement: the median over the rounds and the interval that
// holds the true median with 95 % confidence. It is never a bare number: with
// fewer than 6 rounds there is no such interval, and Lo and Hi are not finite.
//
// The zero Cell is an absent one; Why then says why it is absent.
type Cell struct {
	Center, Lo, Hi float64
	N              int    // rounds it rests on; 0 means absent
	Why            string // reason of absence
	Best           bool   // best of its column, or not to be told from the best
}

// Bounded reports whether the cell has an interval.
func (c Cell) Bounded() bool { return c.N > 0 && finite(c.Lo) && finite(c.Hi) }

// spread is how far the interval reaches on its longer side, in percent of the center.
func (c Cell) spread() float64 {
	if c.Lo == c.Center && c.Hi == c.Center {
		return 0 // also when the center is 0
	}
	return 100 * max(c.Hi/c.Center-1, 1-c.Lo/c.Center)
}

func finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }
