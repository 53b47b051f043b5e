package report

import (
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// dots draws a line for each level: a mark at one figure, a mark at another, which is
// larger, and what is between. A second mark alone covers the first; a first mark alone
// has no second, and the table says why.
func (p *pen) dots(s *Section, from, to int, first, second string) []string {
	var values []float64
	indent := 0
	names := dotNames(s)
	for i := range s.Lines {
		indent = max(indent, wide(names[i]))
		for _, c := range dotted(&s.Lines[i], from, to) {
			if drawable(c) {
				values = append(values, c.Center)
			}
		}
	}
	if len(values) < 2 {
		return nil
	}
	scale := newScale(values, coarse, plotWidth-indent-1-4) // the last number is centred below its notch
	lines := []string{p.mark(0) + " " + first + ", " + p.mark(1) + " " + second + ", on a log scale"}
	for i := range s.Lines {
		pad := strings.Repeat(" ", indent-wide(names[i]))
		lines = append(lines, names[i]+pad+p.axes[upright]+p.between(&s.Lines[i], dotted(&s.Lines[i], from, to), scale))
	}
	return append(lines, p.base(indent, scale, scale.ticks(6), rounded(s.Heads[from].Unit))...)
}

// dotted are the two figures that a line is drawn with.
func dotted(l *Line, from, to int) [2]Cell {
	if l.Invalid != "" || len(l.Cells) <= max(from, to) {
		return [2]Cell{}
	}
	return [2]Cell{l.Cells[from], l.Cells[to]}
}

// between draws two marks with what is between them.
func (p *pen) between(l *Line, ends [2]Cell, s scale) string {
	row := strings.Split(strings.Repeat(" ", s.last+1), "")
	var at []int
	for _, c := range ends {
		if drawable(c) {
			at = append(at, s.at(c.Center))
		}
	}
	switch {
	case l.Invalid != "":
		return " INVALID"
	case len(at) == 0:
		return " -"
	case len(at) == 2:
		for i := at[0] + 1; i < at[1]; i++ {
			row[i] = p.join
		}
	}
	for i, c := range ends {
		if drawable(c) {
			row[s.at(c.Center)] = p.mark(i)
		}
	}
	return strings.Join(row, "")
}

// dotNames are what stands before the lines: the level, where it is another than
// above, and its place on the axis.
func dotNames(s *Section) []string {
	labels, places := 0, 0
	for i := range s.Lines {
		labels = max(labels, wide(clipped(s.Lines[i].Label)))
		places = max(places, wide(s.Lines[i].At))
	}
	var names []string
	for i := range s.Lines {
		l := &s.Lines[i]
		name := clipped(l.Label)
		if i > 0 && s.Axis != "" && l.Label == s.Lines[i-1].Label {
			name = ""
		}
		name += strings.Repeat(" ", labels-wide(name))
		if s.Axis != "" {
			name += strings.Repeat(" ", 1+places-wide(l.At)) + l.At
		}
		names = append(names, name+" ")
	}
	return names
}

func clipped(label string) string { return samples.Clip(label, 20) }
