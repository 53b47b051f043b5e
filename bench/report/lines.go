package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// newLine begins the line of a benchmark. Its label has what tells it from the others.
func newLine(c *samples.Cell, others []*samples.Cell, ignore ...string) Line {
	n := c.Name
	l := Line{Label: shortName(n), Level: samples.Clean(n.Level), Impl: samples.Clean(n.Impl),
		Work: samples.Clean(n.Work), Grain: samples.Clean(n.Grain), Invalid: fault(c)}
	for _, m := range append(extras(n), inflight(n), Setting{Key: "grain", Value: n.Grain}) {
		if slices.Contains(ignore, m.Key) {
			continue
		}
		if slices.ContainsFunc(others, func(o *samples.Cell) bool {
			return o.Name.Level == n.Level && o.Name.Impl == n.Impl && value(o.Name, m.Key) != m.Value
		}) {
			l.Label += " " + samples.Clip(samples.Clean(part(m)), 40)
		}
	}
	return l
}

func value(n samples.Name, key string) string {
	return samples.Find(append(extras(n), inflight(n), Setting{Key: "grain", Value: n.Grain}), key)
}

// fill measures the cells of a line, unless it is invalid.
func (l *Line) fill(c *samples.Cell, heads []Head, unit func(Head) string) {
	l.Cells = make([]Cell, len(heads))
	if l.Invalid != "" {
		return
	}
	for i, h := range heads {
		l.Cells[i] = measured(c, unit(h))
	}
}

// spent says how a time was, for sentences: "3.1µs".
func spent(seconds float64) string { return number(seconds, 2, "s") }

// between writes an interval as [2.5µs..4.0µs].
func between(c Cell, unit string) string {
	if !c.Bounded() {
		return "[no interval]"
	}
	return "[" + number(c.Lo, 2, unit) + ".." + number(c.Hi, 2, unit) + "]"
}

// marks are the cells of a line as they are printed, with the marks of footnotes.
func (l look) line(s *Section, r *Line, notes *footnotes) []string {
	var cells []string
	if s.Axis != "" {
		cells = append(cells, r.At)
	}
	for i, h := range s.Heads {
		switch {
		case r.Invalid != "" && i == 0:
			cells = append(cells, l.paint(red, "INVALID"+notes.mark(r.Invalid)))
		case r.Invalid != "" || i >= len(r.Cells):
			cells = append(cells, "- ")
		case r.Cells[i].N == 0 && r.Cells[i].Why != "":
			cells = append(cells, "-"+notes.mark(r.Cells[i].Why))
		default:
			cells = append(cells, l.style.cell(r.Cells[i], h.Unit)+" ")
		}
	}
	return cells
}

// heading is the first lines of a section's table.
func (s *Section) heading(sep string) []string {
	head := []string{"level"}
	switch s.Key { // whose lines are of no level
	case "noise":
		head = []string{"figure"}
	case "pitfall":
		head = []string{"pitfall"}
	}
	if s.Axis != "" {
		head = append(head, s.Axis)
	}
	for _, h := range s.Heads {
		text := strings.ReplaceAll(h.Text, "\n", sep)
		if sep != " " {
			text = strings.ReplaceAll(h.Text, "\n", " \n") + " "
		}
		head = append(head, text)
	}
	return head
}

// rounds says on how many rounds the cells of a section rest, as in "n=6".
func (s *Section) rounds() string {
	var all []int
	if s.Key == "noise" {
		return "" // each column counts something else
	}
	for _, l := range s.Lines {
		for _, c := range l.Cells {
			if c.N > 0 {
				all = append(all, c.N)
			}
		}
	}
	switch {
	case len(all) == 0:
		return ""
	case slices.Min(all) == slices.Max(all):
		return " (n=" + strconv.Itoa(all[0]) + ")"
	}
	return fmt.Sprintf(" (n=%d..%d)", slices.Min(all), slices.Max(all))
}

// shown are the lines with cells, or with a reason to have none.
func (s *Section) shown() (lines []*Line) {
	for i := range s.Lines {
		if l := &s.Lines[i]; len(l.Cells) > 0 || l.Invalid != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// Invalid reports whether a row or a line cannot be believed.
func (r *Run) Invalid() bool {
	for _, t := range r.Tables {
		if slices.ContainsFunc(t.Rows, func(r Row) bool { return r.Invalid != "" }) {
			return true
		}
	}
	return slices.ContainsFunc(r.Sections, func(s Section) bool {
		return slices.ContainsFunc(s.Lines, func(l Line) bool { return l.Invalid != "" })
	})
}

// words are the sentences under a section: what lines say, then the notes.
func (s *Section) words() (words []string) {
	for _, l := range s.Lines {
		if l.Says != "" {
			words = append(words, l.Says)
		}
	}
	return append(words, s.Notes...)
}
