package report

import (
	"slices"

	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat"
)

// enough samples have an interval, of 95 %; fewer have none.
const enough = 6

// A column is a measurement as the tables show it, in all formats.
type column struct {
	head   string // two short lines
	field  string // in csv and json
	unit   string // base unit
	higher bool   // is better
	of     func(*Row) *Cell
}

var columns = []column{
	{"tasks/s\n±%", "tasks_per_s", "", true, func(r *Row) *Cell { return &r.Rate }},
	{"vs\nserial", "vs_serial", "x", true, func(r *Row) *Cell { return &r.Gain }},
	{"p50\nalone", "p50_s", "s", false, func(r *Row) *Cell { return &r.P50 }},
	{"p99\nalone", "p99_s", "s", false, func(r *Row) *Cell { return &r.P99 }},
	{"CPU\n/task", "cpu_s_per_task", "s", false, func(r *Row) *Cell { return &r.CPU }},
	{"peak\nmemory", "peak_memory_bytes", "B", false, func(r *Row) *Cell { return &r.Memory }},
}

// measure fills in the cells of the rows that can be believed.
func measure(rows []Row) {
	for i := range rows {
		r := &rows[i]
		if r.Invalid != "" {
			continue
		}
		r.Rate = measured(r.crowded, "tasks/s")
		r.Gain = gain(r, baseline(rows, r))
		r.CPU = measured(r.crowded, "cpu-sec/op")
		r.Memory = measured(r.crowded, "peak-RSS-bytes")
		r.P50 = measured(r.lone, "p50-sec")
		r.P99 = counted(r.lone, "p99-sec", 1000)
	}
	for _, c := range columns {
		for _, r := range best(rows, c) {
			c.of(r).Best = true
		}
	}
}

// measured summarises the measurements of s in unit.
func measured(s *samples.Cell, unit string) Cell {
	if s == nil {
		return Cell{Why: "not measured: the results lack this benchmark"}
	}
	values := s.Values(unit)
	if len(values) == 0 {
		return Cell{Why: lacking(s.Name, unit)}
	}
	return summarize(values)
}

// gain compares r with its serial row.
func gain(r, serial *Row) Cell {
	switch {
	case serial == nil:
		return Cell{Why: "no serial row to compare with"}
	case serial.Invalid != "":
		return Cell{Why: "the serial row is INVALID"}
	case r.Rate.N == 0:
		return Cell{Why: r.Rate.Why}
	case r == serial:
		return Cell{Center: 1, Lo: 1, Hi: 1, N: r.Rate.N}
	}
	c := ratio(r.crowded, serial.crowded, "tasks/s")
	if !finite(c.Center) {
		return Cell{Why: "the serial row has no speed to compare with"}
	}
	return c
}

// summarize gives the median of values and its interval. It assumes nothing
// about how they are distributed: benchmarks have long tails.
func summarize(values []float64) Cell {
	lo, hi := stat.MedianInterval(values, stat.Confidence)
	return Cell{Center: stat.Median(values), Lo: lo, Hi: hi, N: len(values)}
}

// ratio compares a with b. In rounds that have both, what disturbs one disturbs the
// other and falls out of their ratio; two that were not measured in the same rounds
// are compared by their medians, which is weaker.
func ratio(a, b *samples.Cell, unit string) Cell {
	x, y := samples.Pair(a, b, unit)
	if len(x) < enough {
		if u, v := a.Values(unit), b.Values(unit); min(len(u), len(v)) > len(x) {
			return cellOf(stat.Unpaired(u, v))
		}
	}
	return cellOf(stat.Ratio(x, y))
}

func cellOf(i stat.Interval) Cell { return Cell{Center: i.Center, Lo: i.Lo, Hi: i.Hi, N: i.N} }

// best returns the rows that are best in column c: the one with the best median
// and all whose interval overlaps its interval, since those may be as good. It
// returns none where nothing competes, or where the best has no interval.
func best(rows []Row, c column) []*Row {
	var rivals []*Row
	for i := range rows {
		if c.of(&rows[i]).N > 0 {
			rivals = append(rivals, &rows[i])
		}
	}
	if len(rivals) < 2 {
		return nil
	}
	top := leader(rivals, c)
	if top.N < enough || !top.Bounded() {
		return nil
	}
	return slices.DeleteFunc(rivals, func(r *Row) bool {
		own := c.of(r)
		return own.Hi < top.Lo || own.Lo > top.Hi
	})
}

// leader is the cell with the best median.
func leader(rivals []*Row, c column) Cell {
	top := *c.of(rivals[0])
	for _, r := range rivals {
		if own := c.of(r); own.Center != top.Center && own.Center > top.Center == c.higher {
			top = *own
		}
	}
	return top
}
