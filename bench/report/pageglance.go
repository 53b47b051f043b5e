package report

import (
	"math"
	"slices"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// glance is a small chart for each level: how fast it is on each workload, against serial.
func (p *pager) glance() chart.Section {
	s := chart.Section{ID: "glance", Title: "The levels at a glance", Short: "at a glance",
		Says: []string{"How many times as fast as a plain loop each level is, on each workload: to the right of the line it is faster, to the left slower. A star: within the interval of the fastest, serial included. All charts have one scale."}}
	x := chart.Axis{Title: "times the speed of serial", Unit: "x", Log: true}
	x.From, x.To = p.gains()
	for _, level := range p.levels() {
		if f, ok := p.card(level, x); ok {
			s.Figures = append(s.Figures, f)
		}
	}
	return s
}

// levels are those that have rows, without the yardstick.
func (p *pager) levels() (names []string) {
	for _, t := range p.run.Tables {
		for _, r := range t.Rows {
			if r.Level != "serial" && !slices.Contains(names, r.Level) {
				names = append(names, r.Level)
			}
		}
	}
	return names
}

// gains are the smallest and the largest factor of all.
func (p *pager) gains() (lo, hi float64) {
	lo, hi = 1, 1
	for _, t := range p.run.Tables {
		for _, r := range t.Rows {
			if r.Gain.N > 0 && r.Gain.Center > 0 {
				lo, hi = min(lo, r.Gain.Center), max(hi, r.Gain.Center)
				if r.Gain.Bounded() && r.Gain.Lo > 0 {
					lo, hi = min(lo, r.Gain.Lo), max(hi, r.Gain.Hi)
				}
			}
		}
	}
	return lo, hi
}

// mostImpls are how many ways to build a level its card shows: the first, which is the
// usual one, and the next.
const mostImpls = 3

// card shows one level.
func (p *pager) card(level string, x chart.Axis) (chart.Figure, bool) {
	impls := p.impls(level)
	shown := impls[:min(mostImpls, len(impls))]
	c := chart.Rows{Title: level + " against serial", X: x, Base: 1, Bars: len(shown) == 1, Room: "0.00x"}
	for _, impl := range shown {
		c.Keys = append(c.Keys, chart.Key{Name: impl, Own: true, Style: p.style(level, impl)})
	}
	table := chart.Table{Head: append([]string{"workload"}, shown...)}
	for i := range p.run.Tables {
		t := &p.run.Tables[i]
		row, line, has := chart.Row{Label: p.name(t), Style: p.style(level, shown[0])}, []string{}, false
		most, best := math.Inf(-1), false
		for _, impl := range shown {
			r := t.row(level, impl)
			if r == nil || r.Gain.N == 0 {
				row.Points, line = append(row.Points, chart.Point{Value: math.NaN()}), append(line, "-")
				continue
			}
			row.Points = append(row.Points, point(r.Gain, "x", p.name(t)+", "+r.Label+":"))
			text := roomy.cell(r.Gain, "x")
			if r.Rate.Best {
				text += "*"
			}
			line = append(line, text)
			most, best, has = max(most, r.Gain.Center), best || r.Rate.Best, true
		}
		if has {
			row.Text, row.Best = number(most, 2, "x"), best
			c.Rows, table.Rows = append(c.Rows, row), append(table.Rows, cells(p.name(t), line))
		}
	}
	caption := p.sentence(level, shown)
	c.Says = caption
	return chart.Figure{ID: "glance-" + slug(level), Title: level, Caption: caption, SVG: c.SVG(), Table: table}, len(c.Rows) > 0
}

// impls are the ways to build a level, the usual one first.
func (p *pager) impls(level string) (names []string) {
	for _, t := range p.run.Tables {
		for _, r := range t.Rows {
			if r.Level == level && !slices.Contains(names, r.Impl) {
				names = append(names, r.Impl)
			}
		}
	}
	return names
}

// row is the first of an impl that can be believed.
func (t *Table) row(level, impl string) *Row {
	for i := range t.Rows {
		if r := &t.Rows[i]; r.Level == level && r.Impl == impl && r.Invalid == "" {
			return r
		}
	}
	return nil
}

// sentence says what a level is best at, in the ways to build it that are shown, and what
// a task costs there.
func (p *pager) sentence(level string, impls []string) string {
	var best []string
	starred := false
	for i := range p.run.Tables {
		t := &p.run.Tables[i]
		starred = starred || slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Rate.Best })
		if slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Level == level && r.Rate.Best && slices.Contains(impls, r.Impl) }) {
			best = append(best, p.name(t))
		}
	}
	says := "Slower than the fastest everywhere."
	switch {
	case !starred:
		says = "Too few rounds to say which is the fastest."
	case len(best) > 0:
		says = "Not surely slower than the fastest: " + enumerate(best) + "."
	}
	for _, s := range p.of("metg") {
		for _, l := range s.Lines {
			if l.Level == level && slices.Contains(impls[:1], l.Impl) && l.Work == "cpu" && len(l.Cells) > 0 && l.Cells[0].N > 0 {
				says += " Computing pays from tasks of " + spent(l.Cells[0].Center) + " on."
			}
		}
	}
	for i := range p.run.Tables {
		if t := &p.run.Tables[i]; t.Work == "empty" {
			if r := t.row(level, impls[0]); r != nil && r.P50.N > 0 {
				says += " To hand over a lone task takes " + spent(r.P50.Center) + "."
			}
		}
	}
	return says
}

// slug is text from a file as part of an id.
func slug(text string) string {
	return samples.Clip(strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '-'
	}, text), 40)
}
