package report

import (
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// throughput is a chart for each table: many tasks in flight.
func (p *pager) throughput() chart.Section {
	s := chart.Section{ID: "throughput", Title: "Throughput, by workload", Short: "throughput",
		Says: []string{"Tasks a second with many in flight; the bar is the 95 % interval of the median over the rounds. Scales are logarithmic, and each chart has its own."}}
	for i := range p.run.Tables {
		t := &p.run.Tables[i]
		work, about := t.title()
		f := chart.Figure{ID: "throughput-" + strconv.Itoa(i+1), Title: p.name(t), Caption: about, Says: []string{t.Verdict}, Table: t.behind()}
		if t.Noise != "" {
			f.Notes = []string{"Noise: " + t.Noise}
		}
		c := p.rows(t, columns[0], "tasks a second")
		c.Title = "Throughput of " + work
		f.SVG = c.SVG()
		s.Figures = append(s.Figures, f)
	}
	return s
}

// rows is a chart of one column of a table.
func (p *pager) rows(t *Table, of column, title string) chart.Rows {
	c := chart.Rows{X: chart.Axis{Title: title, Unit: of.unit, Log: true}}
	for i := range t.Rows {
		r := &t.Rows[i]
		cell := of.of(r)
		row := chart.Row{Label: r.Label, Style: p.style(r.Level, r.Impl)}
		switch {
		case r.Invalid != "":
			row.Bad = "INVALID: " + r.Invalid
		case cell.N == 0:
			continue
		default:
			row.Text, row.Best = number(cell.Center, 3, of.unit), cell.Best
			row.Points = []chart.Point{point(*cell, of.unit, r.Label+":")}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// behind is the whole table, as it is printed elsewhere.
func (t *Table) behind() chart.Table {
	var notes footnotes
	table := chart.Table{Head: []string{"level", "at once"}}
	for _, c := range columns {
		table.Head = append(table.Head, strings.ReplaceAll(c.head, "\n", " "))
	}
	for i := range t.Rows {
		r := &t.Rows[i]
		table.Rows = append(table.Rows, cells(r.Label, look{style: roomy}.cells(r, &notes)))
	}
	table.Notes = notes.lines()
	return table
}

// pick is a table of some columns.
func (t *Table) pick(some ...column) chart.Table {
	table := chart.Table{Head: []string{"level"}}
	for _, c := range some {
		table.Head = append(table.Head, strings.ReplaceAll(c.head, "\n", " "))
	}
	for i := range t.Rows {
		r := &t.Rows[i]
		if r.Invalid != "" {
			table.Rows = append(table.Rows, cells(r.Label, []string{"INVALID"}))
			continue
		}
		var texts []string
		for _, c := range some {
			text := roomy.cell(*c.of(r), c.unit)
			if c.of(r).Best {
				text += "*"
			}
			texts = append(texts, text)
		}
		table.Rows = append(table.Rows, cells(r.Label, texts))
	}
	return table
}

// latency is of lone tasks, and of tasks under load.
func (p *pager) latency() chart.Section {
	s := chart.Section{ID: "latency", Title: "Latency, alone and under load", Short: "latency",
		Says: []string{"How long a task takes from when it should have begun. Alone: no other is in flight. Half of the tasks take no longer than p50, 99 of 100 no longer than p99. Of a workload in several sizes this is the largest; the others are in the tables above."}}
	p50, p99 := columns[2], columns[3]
	for i := range p.run.Tables {
		t := &p.run.Tables[i]
		c := p.pairs(t, p50, p99)
		if len(c.Rows) == 0 || !p.largest(i) {
			continue
		}
		work, _ := t.title()
		c.Title = "Latency of a lone task: " + work
		s.Figures = append(s.Figures, chart.Figure{ID: "latency-" + strconv.Itoa(i+1), Title: "alone: " + p.name(t), SVG: c.SVG(), Table: t.pick(p50, p99)})
	}
	for i, load := range p.of("load") {
		s.Figures = append(s.Figures, p.load(load, "load-"+strconv.Itoa(i+1))...)
	}
	return s
}

// largest reports whether no table after this one is of the same workload.
func (p *pager) largest(i int) bool {
	all := p.run.Tables
	return i+1 == len(all) || all[i+1].Work != all[i].Work
}

// pairs is a chart of two columns, the second hollow.
func (p *pager) pairs(t *Table, first, second column) chart.Rows {
	c := chart.Rows{X: chart.Axis{Unit: first.unit, Log: true}, Keys: []chart.Key{{Name: head(first)}, {Name: head(second), Hollow: true}}}
	for i := range t.Rows {
		r := &t.Rows[i]
		a, b := first.of(r), second.of(r)
		if a.N == 0 {
			continue
		}
		row := chart.Row{Label: r.Label, Style: p.style(r.Level, r.Impl), Text: number(a.Center, 2, first.unit), Best: a.Best,
			Points: []chart.Point{point(*a, first.unit, r.Label+", p50:")}}
		if b.N > 0 {
			row.Points = append(row.Points, point(*b, second.unit, r.Label+", p99:"))
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

func head(c column) string {
	text, _, _ := strings.Cut(c.head, "\n")
	return text
}
