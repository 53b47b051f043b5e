package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// sized are the workloads that were measured with two sizes or more.
func (p *pager) sized() (works []string) {
	seen := map[string]int{}
	for _, t := range p.run.Tables {
		if seen[t.Work]++; seen[t.Work] == 2 {
			works = append(works, t.Work)
		}
	}
	return works
}

func efficiency(r *Row) Cell { return measured(r.crowded, "efficiency-%") }

func gained(r *Row) Cell {
	if r.Level == "serial" {
		return Cell{} // 1 everywhere
	}
	return r.Gain
}

// bySize is a curve for each level over the size of a task, as the time that it takes
// serially: what a reader can compare with tasks of their own. Bytes have their length
// for a size: to pass them on takes no longer for more of them, where nobody copies.
func (p *pager) bySize(work string, of func(*Row) Cell, y chart.Axis) (chart.Lines, chart.Table) {
	c := chart.Lines{X: chart.Axis{Title: "time that one task takes, serially", Unit: "s", Log: true}, Y: y}
	if work == "bytes" {
		c.X = chart.Axis{Title: "size of a task", Unit: "B", Log: true}
	}
	table := chart.Table{Head: []string{"level", "task", "serially", y.Title}}
	at := map[string]int{}
	for i := range p.run.Tables {
		t := &p.run.Tables[i]
		serial := t.row("serial", "serial")
		if t.Work != work || serial == nil || !(serial.Rate.Center > 0) {
			continue
		}
		for j := range t.Rows {
			r := &t.Rows[j]
			if r.Invalid != "" || t.row(r.Level, r.Impl) != r {
				continue
			}
			cell := of(r)
			if cell.N == 0 {
				continue
			}
			key := r.Level + "/" + r.Impl
			if _, known := at[key]; !known {
				at[key] = len(c.Series)
				c.Series = append(c.Series, chart.Series{Name: shortName(r.Name), Style: p.style(r.Level, r.Impl)})
			}
			s := &c.Series[at[key]]
			where := point(cell, y.Unit, s.Name+", "+p.name(t)+":")
			where.At = 1 / serial.Rate.Center
			if work == "bytes" {
				where.At = t.grain()
			}
			s.Points = append(s.Points, where)
			table.Rows = append(table.Rows, cells(s.Name, []string{p.name(t), spent(1 / serial.Rate.Center), roomy.cell(cell, y.Unit)}))
		}
	}
	for i := range c.Series {
		slices.SortStableFunc(c.Series[i].Points, func(a, b chart.Point) int { return cmp.Compare(a.At, b.At) })
	}
	return c, table
}

// grain is the size of a task; what is no number has no place in a chart.
func (t *Table) grain() float64 {
	size, err := strconv.ParseFloat(t.Grain, 64)
	if err != nil {
		return math.NaN()
	}
	return size
}

// crossover is from which size on a level overtakes another, and the matrix.
func (p *pager) crossover(matrix []chart.Table) chart.Section {
	s := chart.Section{ID: "crossover", Title: "When to take which level", Short: "crossover and matrix", Tables: matrix}
	for i, work := range p.sized() {
		c, table := p.bySize(work, gained, chart.Axis{Title: "times the speed of serial", Unit: "x", Log: true})
		if !slices.ContainsFunc(c.Series, func(s chart.Series) bool { return len(s.Points) > 1 }) {
			continue
		}
		c.Base, c.Title, c.Says = 1, "Speed against serial of "+work+", by size of task", "Above the dotted line a level is faster than serial."
		f := chart.Figure{ID: "crossover-" + strconv.Itoa(i+1), Title: "Crossover: " + work, Table: table,
			Caption: "speed against serial by the size of a task: above the dotted line a level pays"}
		if sections := p.of("crossover"); work == "cpu" && len(sections) > 0 {
			c.Marks, f.Says = p.crossings(sections[0]), sections[0].words()
			f.Caption += "; a vertical line is where it begins to"
			if t := sections[0].titled(); len(t.Rows) > 0 {
				s.Tables = append([]chart.Table{t}, s.Tables...)
			}
		}
		f.SVG = c.SVG()
		s.Figures = append(s.Figures, f)
	}
	return s
}

func (s *Section) titled() chart.Table {
	t := s.behind()
	t.Title = s.Title
	return t
}

// crossings are where levels overtake serial.
func (p *pager) crossings(s *Section) (marks []chart.Mark) {
	for _, l := range s.Lines {
		if l.At == "serial" && len(l.Cells) > 0 && l.Cells[0].N > 0 {
			marks = append(marks, chart.Mark{At: l.Cells[0].Center, Text: l.Label + " " + spent(l.Cells[0].Center), Style: p.style(l.Level, l.Impl), Dash: true})
		}
	}
	return marks
}
