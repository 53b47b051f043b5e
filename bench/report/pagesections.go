package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// figure is a section with its chart; what it says stands below.
func (s *Section) figure(id string) chart.Figure {
	return chart.Figure{ID: id, Title: s.Title, Caption: s.About + s.rounds(), Says: s.words(), Table: s.behind()}
}

// across is a chart with a row for each line of a section, and a point for each of some
// columns.
func (p *pager) across(s *Section, x chart.Axis, columns ...int) chart.Rows {
	c := chart.Rows{Title: s.Title, Says: s.About, X: x}
	for i, column := range columns {
		c.Keys = append(c.Keys, chart.Key{Name: strings.ReplaceAll(s.Heads[column].Text, "\n", " "), Hollow: i > 0})
	}
	for _, l := range s.shown() {
		row := chart.Row{Label: l.Label, Style: p.style(l.Level, l.Impl)}
		for _, column := range columns {
			if column >= len(l.Cells) || l.Cells[column].N == 0 {
				row.Points = append(row.Points, chart.Point{Value: math.NaN()})
				continue
			}
			cell, unit := l.Cells[column], s.Heads[column].Unit
			if row.Text == "" {
				row.Text = number(cell.Center, 2, unit)
			}
			row.Points = append(row.Points, point(cell, unit, l.Label+", "+strings.ReplaceAll(s.Heads[column].Text, "\n", " ")+":"))
		}
		switch {
		case l.Invalid != "":
			row.Bad = "INVALID: " + l.Invalid
		case row.Text == "":
			if s.Key != "metg" || len(l.Cells) == 0 {
				continue // not measured
			}
			row.Bad = "not reached: " + l.Cells[columns[0]].Why
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// metg is from which size on a task is worth handing over.
func (p *pager) metg() chart.Section {
	s := chart.Section{ID: "metg", Title: "METG: when is a task too small?", Short: "METG",
		Says: []string{"The minimum effective task granularity: the smallest task at which a level still reaches half, or nine tenths, of what the processors can do. Further left is better. Each round finds it anew; the bar is the 95 % interval of the median."}}
	for i, m := range p.of("metg") {
		f := m.figure("metg-" + strconv.Itoa(i+1))
		c := p.across(m, chart.Axis{Title: "time that one task takes", Unit: "s", Log: true}, 0, 1)
		f.SVG = c.SVG()
		s.Figures = append(s.Figures, f)
	}
	for i, work := range p.sized() {
		c, table := p.bySize(work, efficiency, chart.Axis{Title: "efficiency", Unit: "%", Log: true, To: 100})
		c.Base = 50
		if slices.ContainsFunc(c.Series, func(s chart.Series) bool { return len(s.Points) > 1 }) {
			c.Title, c.Says = "Efficiency of "+work+" by size of task", "All levels lose with smaller tasks, each from another size on."
			s.Figures = append(s.Figures, chart.Figure{ID: "staircase-" + strconv.Itoa(i+1), Title: "Efficiency by size of task: " + work, SVG: c.SVG(), Table: table,
				Caption: "the staircase: what share of the processors does work, at the sizes that were measured; METG(50 %) is where a curve crosses the dotted line"})
		}
	}
	return s
}

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
// serially: what a reader can compare with tasks of their own.
func (p *pager) bySize(work string, of func(*Row) Cell, y chart.Axis) (chart.Lines, chart.Table) {
	c := chart.Lines{X: chart.Axis{Title: "time that one task takes, serially", Unit: "s", Log: true}, Y: y}
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
			s.Points = append(s.Points, where)
			table.Rows = append(table.Rows, cells(s.Name, []string{p.name(t), spent(where.At), roomy.cell(cell, y.Unit)}))
		}
	}
	for i := range c.Series {
		slices.SortStableFunc(c.Series[i].Points, func(a, b chart.Point) int {
			if a.At < b.At {
				return -1
			}
			return 1
		})
	}
	return c, table
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
			s.Tables = append([]chart.Table{sections[0].titled()}, s.Tables...)
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

// load is latency under load: how p50 and p99 grow with it, and all percentiles at the
// highest.
func (p *pager) load(s *Section, id string) (figures []chart.Figure) {
	var loads []string
	for _, l := range s.shown() {
		if !slices.Contains(loads, l.At) {
			loads = append(loads, l.At)
		}
	}
	for i, column := range []int{1, 2} {
		what := s.Heads[column].Text
		c := chart.Lines{Title: what + " by load", Says: s.About, X: chart.Axis{Title: "load", Names: loads}, Y: chart.Axis{Title: what, Unit: "s", Log: true}}
		c.Series = p.curves(s, func(l *Line) []chart.Point {
			points := spot(l, slices.Index(loads, l.At), column, s)
			if l.At == "closed" && len(points) > 0 { // is no amount of load: the curve begins after it
				points = append(points, chart.Point{Value: math.NaN()})
			}
			return points
		})
		if !empty(c.Series) {
			f := chart.Figure{ID: id + "-" + strconv.Itoa(i+1), Title: s.Title + ", " + what, Caption: s.About + s.rounds(), SVG: c.SVG(), Table: s.behind(column)}
			figures = append(figures, f)
		}
	}
	if len(loads) == 0 {
		return nil
	}
	last := loads[len(loads)-1]
	c := chart.Lines{Title: "percentiles at " + last, X: chart.Axis{Title: "percentile"}, Y: chart.Axis{Title: "latency", Unit: "s", Log: true}}
	for i := 1; i <= 3; i++ { // p50, p99, p99.9
		if slices.ContainsFunc(s.Lines, func(l Line) bool { return l.At == last && len(l.Cells) > i && l.Cells[i].N > 0 }) {
			c.X.Names = append(c.X.Names, s.Heads[i].Text)
		}
	}
	c.Series = p.curves(s, func(l *Line) (points []chart.Point) {
		for i := range c.X.Names {
			if l.At == last {
				points = append(points, spot(l, i, i+1, s)...)
			}
		}
		return points
	})
	if len(c.X.Names) > 1 {
		figures = append(figures, chart.Figure{ID: id + "-percentiles", Title: s.Title + ", percentiles", Caption: "at a load of " + last, SVG: c.SVG(), Says: s.words(), Table: s.behind()})
	}
	return figures
}

func empty(all []chart.Series) bool {
	return !slices.ContainsFunc(all, func(s chart.Series) bool { return len(s.Points) > 0 })
}

// curves joins the points of the lines that are one level.
func (p *pager) curves(s *Section, points func(*Line) []chart.Point) (all []chart.Series) {
	at := map[string]int{}
	for _, l := range s.shown() {
		key := l.Level + "/" + l.Impl + "/" + l.Label
		if _, known := at[key]; !known {
			at[key] = len(all)
			all = append(all, chart.Series{Name: l.Label, Style: p.style(l.Level, l.Impl)})
		}
		all[at[key]].Points = append(all[at[key]].Points, points(l)...)
	}
	return all
}

// spot is a cell of a line as a point, if it has one.
func spot(l *Line, at, column int, s *Section) []chart.Point {
	if column >= len(l.Cells) || l.Cells[column].N == 0 {
		return nil
	}
	where := point(l.Cells[column], s.Heads[column].Unit, strings.TrimSpace(l.Label+" "+l.At)+", "+strings.ReplaceAll(s.Heads[column].Text, "\n±%", "")+":")
	where.At = float64(at)
	return []chart.Point{where}
}

// distance is what a round trip to the machines costs.
func (p *pager) distance() chart.Section {
	s := chart.Section{ID: "distance", Title: "Distance", Short: "distance", Says: []string{"Machines behind an emulated link with a longer round trip. What is handed over in batches hardly feels it; what waits for each answer does."}}
	for i, d := range p.of("distance") {
		var trips []string
		for _, l := range d.shown() {
			if !slices.Contains(trips, l.At) {
				trips = append(trips, l.At)
			}
		}
		f := d.figure("distance-" + strconv.Itoa(i+1))
		c := chart.Lines{Title: d.Title, Says: d.About, X: chart.Axis{Title: "round trip", Names: trips}, Y: chart.Axis{Title: "tasks a second", Log: true}}
		c.Series = p.curves(d, func(l *Line) []chart.Point { return spot(l, slices.Index(trips, l.At), 0, d) })
		if !empty(c.Series) {
			f.SVG = c.SVG()
			s.Figures = append(s.Figures, f)
		}
	}
	return s
}

// startup is what opening and closing a level takes.
func (p *pager) startup() chart.Section {
	s := chart.Section{ID: "startup", Title: "Start-up", Short: "start-up"}
	for i, start := range p.of("startup") {
		f := start.figure("startup-" + strconv.Itoa(i+1))
		f.SVG = p.across(start, chart.Axis{Unit: "s", Log: true}, 0, 1).SVG()
		s.Figures = append(s.Figures, f)
	}
	return s
}

// cost is processor time and memory, and what can be counted of a task.
func (p *pager) cost() chart.Section {
	s := chart.Section{ID: "cost", Title: "Cost", Short: "cost", Says: []string{"Speed is not for free: what a task takes of processors and memory, of the whole process tree."}}
	for i := range p.run.Tables {
		t := &p.run.Tables[i]
		if !p.largest(i) {
			continue
		}
		for _, of := range []struct {
			column column
			key    string
			axis   string
		}{{columns[4], "cpu", "CPU a task"}, {columns[5], "memory", "peak memory"}} {
			c := p.rows(t, of.column, of.axis)
			if !slices.ContainsFunc(c.Rows, func(r chart.Row) bool { return r.Bad == "" }) {
				continue
			}
			c.Title = of.axis + ": " + p.name(t)
			s.Figures = append(s.Figures, chart.Figure{ID: of.key + "-" + strconv.Itoa(i+1), Title: c.Title, SVG: c.SVG(), Table: t.pick(of.column)})
		}
	}
	for i, section := range p.of("cost") {
		for j, h := range section.Heads {
			c := p.across(section, chart.Axis{Title: strings.ReplaceAll(h.Text, "\n", " "), Unit: h.Unit, Zero: true}, j)
			c.Bars, c.Keys = true, nil
			if len(c.Rows) < 2 {
				continue
			}
			f := section.figure("cost-" + strconv.Itoa(i+1) + "-" + strconv.Itoa(j+1))
			f.Title, f.SVG, f.Table = section.Title+", "+strings.ReplaceAll(h.Text, "\n", " "), c.SVG(), section.behind(j)
			s.Figures = append(s.Figures, f)
		}
	}
	return s
}

// noise is how far all of it can be believed.
func (p *pager) noise() chart.Section {
	s := chart.Section{ID: "noise", Title: "Noise", Short: "noise"}
	for i, n := range p.of("noise") {
		f := n.figure("noise-" + strconv.Itoa(i+1))
		if len(n.Heads) == 0 {
			s.Notes = append(s.Notes, f.Says...)
			continue
		}
		c := chart.Rows{Title: n.Title, Says: n.About, X: chart.Axis{Title: "difference by chance alone", Unit: "%", Zero: true}, Bars: true}
		for k, l := range n.shown() {
			for j, h := range n.Heads {
				if j < len(l.Cells) && l.Cells[j].N > 0 {
					name := l.Label + ", " + strings.ReplaceAll(h.Text, "\n", " ")
					c.Rows = append(c.Rows, chart.Row{Label: name, Style: []int{chart.Blue, chart.Orange}[k%2], Text: number(l.Cells[j].Center, 2, "%"), Points: []chart.Point{point(l.Cells[j], "%", name+":")}})
				}
			}
		}
		f.SVG = c.SVG()
		s.Figures = append(s.Figures, f)
	}
	return s
}
