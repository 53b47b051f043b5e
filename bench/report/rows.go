package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// The benchmarks that make tables. What others tell is in tables of their own, or
// stays in the raw results.
const (
	throughput = "Throughput" // many tasks in flight: tasks/s, CPU, memory
	latency    = "Latency"    // one task at a time: p50, p99
)

// workloads in the order of their tables; others follow by name.
var workloads = []string{"empty", "cpu", "io", "words", "bytes", "skew"}

// places are the levels in the order of the talk, each with its usual impl
// first. The usual impl of a level needs no name of its own.
var places = []struct{ level, impl, label string }{
	{"serial", "serial", "serial"},
	{"machine", "rpc", "machine/rpc"},
	{"machine", "queue", "machine/queue"},
	{"process", "pipe", "process"},
	{"thread", "crew", "thread"},
	{"async", "pool", "async"},
}

// newRun makes a run of what was read.
func newRun(path string, raw *samples.Run) (*Run, error) {
	run := &Run{Name: called(path), Raw: samples.Clean(raw.File), Config: raw.Config, Rounds: raw.Rounds, raw: raw}
	spare := spares(raw)
	cells, others, lost := sift(raw, spare)
	run.Partial = shortfall(raw, cells)
	run.Sections = sections(raw, spare)
	switch {
	case len(cells) > 0 || len(run.Sections) > 0:
	case len(others) == 0 && len(lost) == 0:
		return nil, fmt.Errorf("%s has no benchmark lines", run.Raw)
	default:
		return nil, fmt.Errorf("%s has no benchmark of a level: no %s and no %s with level= and work= in its name",
			run.Raw, throughput, latency)
	}
	for _, rows := range group(cells) {
		t := Table{Work: samples.Clean(rows[0].Name.Work), Grain: samples.Clean(rows[0].Name.Grain), Rows: rows}
		slices.SortStableFunc(t.Rows, byPlace)
		label(t.Rows)
		judge(t.Rows)
		measure(t.Rows)
		t.Verdict, t.Noise = verdict(&t), noiseLine(t.Rows)
		run.Tables = append(run.Tables, t)
	}
	run.Notes = append(lost, notes(run, others)...)
	return run, nil
}

// sift tells the benchmarks that make tables from the others, and what became of
// others that failed.
func sift(raw *samples.Run, spare map[*samples.Cell]bool) (cells []*samples.Cell, others, lost []string) {
	for _, c := range raw.Cells {
		switch {
		case spare[c] || sectioned(c.Name):
		case tabled(c.Name):
			cells = append(cells, c)
		case len(c.Samples) == 0:
			lost = append(lost, samples.Clip(samples.Clean(c.Name.ID), 120)+" "+c.Failed+".")
		case !slices.Contains(others, outside(c.Name)):
			others = append(others, outside(c.Name))
		}
	}
	return cells, others, lost
}

// tabled reports whether the benchmark belongs into a table.
func tabled(n samples.Name) bool {
	return (n.Base == throughput || alone(n)) && n.Level != "" && n.Work != ""
}

// alone reports whether the benchmark is the latency of a lone task, and not of a
// batch.
func alone(n samples.Name) bool { return n.Base == latency && (n.Batch == "" || n.Batch == "1") }

// outside is what to call a benchmark that belongs into no table.
func outside(n samples.Name) string {
	if n.Base == latency && !alone(n) {
		return latency + " of a batch"
	}
	return n.Base
}

// called is what to call the run at path: the name of its folder or file.
func called(path string) string {
	if base := filepath.Base(path); base == "." || base == ".." {
		if abs, err := filepath.Abs(path); err == nil {
			path = abs
		}
	}
	return samples.Clean(filepath.Base(path))
}

// group sorts the cells into tables, in order, and those of a table into rows.
func group(cells []*samples.Cell) [][]Row {
	type key struct{ work, grain string }
	byTable := map[key][]*samples.Cell{}
	var keys []key
	for _, s := range cells {
		k := key{s.Name.Work, s.Name.Grain}
		if byTable[k] == nil {
			keys = append(keys, k)
		}
		byTable[k] = append(byTable[k], s)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(
			cmp.Compare(rank(workloads, a.work), rank(workloads, b.work)),
			cmp.Compare(a.work, b.work), numerically(a.grain, b.grain))
	})
	var tables [][]Row
	for _, k := range keys {
		tables = append(tables, join(byTable[k]))
	}
	return tables
}

// join makes rows of the cells of one table: each with tasks in flight is one,
// and the latency of a lone task joins all that differ from it in batch only.
func join(cells []*samples.Cell) []Row {
	var rows []Row
	joined := map[*samples.Cell]bool{}
	for _, s := range cells {
		if s.Name.Base != throughput {
			continue
		}
		r := Row{Name: s.Name, crowded: s}
		for _, other := range cells {
			if other.Name.Base == latency && other.Name.Row() == s.Name.Row() {
				r.lone, joined[other] = other, true
			}
		}
		rows = append(rows, r)
	}
	for _, s := range cells {
		if s.Name.Base == latency && !joined[s] {
			rows = append(rows, Row{Name: s.Name, lone: s})
		}
	}
	return rows
}

// byPlace orders rows: by level, then by impl, then by what else differs.
func byPlace(a, b Row) int {
	place := func(r Row) (level, impl int) {
		level, impl = len(places), len(places)
		for i, p := range places {
			if p.level == r.Name.Level {
				level = min(level, i)
				if p.impl == r.Name.Impl {
					impl = i
				}
			}
		}
		return level, impl
	}
	aLevel, aImpl := place(a)
	bLevel, bImpl := place(b)
	return cmp.Or(
		cmp.Compare(aLevel, bLevel), cmp.Compare(a.Name.Level, b.Name.Level),
		cmp.Compare(aImpl, bImpl), cmp.Compare(a.Name.Impl, b.Name.Impl),
		cmp.Compare(a.Name.AtOnce, b.Name.AtOnce),
		numerically(a.Name.Batch, b.Name.Batch),
		slices.CompareFunc(a.Name.More, b.Name.More, func(a, b Setting) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), numerically(a.Value, b.Value))
		}))
}

// rank is the index of s in order, or one past the end.
func rank(order []string, s string) int {
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

// numerically compares numbers by value and other texts by letters.
func numerically(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Or(cmp.Compare(x, y), cmp.Compare(a, b))
	}
	return cmp.Compare(a, b)
}

// Order is that of tables, and of the rows in them.
func Order(a, b samples.Name) int {
	return cmp.Or(
		cmp.Compare(rank(workloads, a.Work), rank(workloads, b.Work)), cmp.Compare(a.Work, b.Work), numerically(a.Grain, b.Grain),
		byPlace(Row{Name: a}, Row{Name: b}))
}
