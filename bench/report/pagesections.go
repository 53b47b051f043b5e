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
		row.Points = withReasons(row.Points, s, l, columns)
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

// withReasons adds to the words of a line's points why others are not there: nothing else
// in the row says so.
func withReasons(points []chart.Point, s *Section, l *Line, columns []int) []chart.Point {
	for _, column := range columns {
		if column >= len(l.Cells) || l.Cells[column].N > 0 || l.Cells[column].Why == "" {
			continue
		}
		for i := range points {
			if points[i].Says != "" {
				points[i].Says += "; " + strings.ReplaceAll(s.Heads[column].Text, "\n", " ") + ": " + l.Cells[column].Why
			}
		}
	}
	return points
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
				Caption: "the staircase: what share of the processors does work, at the sizes that were measured, beside whatever else ran; METG is measured apart, each probe against a plain run beside it, so its sizes need not be where a curve crosses the dotted line (50 %)"})
		}
	}
	return s
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
	s := chart.Section{ID: "cost", Title: "Cost", Short: "cost", Says: []string{"Speed is not free: what a task takes of processors and memory, of the whole process tree."}}
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
			c.Title, c.X.Title = of.axis+": "+p.name(t), "" // which says it
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
