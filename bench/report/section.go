package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Section is what a run tells beside the tables of its levels: the smallest task
// that is worth it, latency under load, what scales and what it costs. All sections
// have one shape, so that each format is written once.
type Section struct {
	Key   string // in csv and json: metg, load, scaling, crossover, startup, cost, distance or noise
	Title string
	About string
	Axis  string   // what the lines of one level differ in, as in "load"; "" for nothing
	Heads []Head   // of the cells
	Lines []Line   // by level, as in the tables
	Notes []string // what the figures mean, and what was left out
}

// A Head is what a column of a section shows.
type Head struct {
	Text  string // two short lines at most
	Field string // in csv and json
	Unit  string // base unit: "", s, B, x or %
}

// A Line is one level in a section.
type Line struct {
	Label       string
	Level, Impl string
	Work, Grain string
	At          string   // its place on the axis
	Cells       []Cell   // one for each head
	Figures     []Figure // more of them, that have no column: of fits
	Says        string   // "" or what follows from the figures, in words
	Invalid     string   // "" or why nothing here can be believed; there are no cells then
}

// A Figure is a cell with a name of its own.
type Figure struct {
	Head
	Cell
}

// A maker makes the sections of one kind, none if the run has no such benchmarks.
type maker struct {
	kind func(samples.Name) bool // that the benchmarks belong to it
	make func(*survey) []Section
}

// makers are in the order of the page.
var makers = []maker{
	{based("METG"), metgSections},
	{none, crossoverSections},
	{none, scalingSections},
	{based("Load"), loadSections},
	{distant, distanceSections},
	{based("Startup"), startupSections},
	{based("Cost"), costSections},
	{none, noiseSections},
}

func based(base string) func(samples.Name) bool {
	return func(n samples.Name) bool { return n.Base == base && n.Level != "" }
}

func none(samples.Name) bool { return false }

// sectioned reports whether a benchmark has a section of its own.
func sectioned(n samples.Name) bool {
	return slices.ContainsFunc(makers, func(m maker) bool { return m.kind(n) })
}

// A survey is the run as the makers of sections see it.
type survey struct {
	raw   *samples.Run
	cells []*samples.Cell
	spare map[*samples.Cell]bool // are in no table
}

// sections makes all that the run has benchmarks for.
func sections(raw *samples.Run, spare map[*samples.Cell]bool) (all []Section) {
	s := &survey{raw: raw, cells: raw.Cells, spare: spare}
	for _, m := range makers {
		all = append(all, m.make(s)...)
	}
	return all
}

// all yields the cells of a kind in the order of the tables.
func (s *survey) all(kind func(samples.Name) bool) (cells []*samples.Cell) {
	for _, c := range s.cells {
		if kind(c.Name) {
			cells = append(cells, c)
		}
	}
	return s.ordered(cells)
}

// ordered sorts cells as the tables do.
func (s *survey) ordered(cells []*samples.Cell) []*samples.Cell {
	slices.SortStableFunc(cells, func(a, b *samples.Cell) int { return Order(a.Name, b.Name) })
	return cells
}

// groups splits cells by key, and keeps their order.
func groups(cells []*samples.Cell, key func(samples.Name) string) (all [][]*samples.Cell) {
	at := map[string]int{}
	for _, c := range cells {
		k := key(c.Name)
		i, ok := at[k]
		if !ok {
			i, at[k] = len(all), len(all)
			all = append(all, nil)
		}
		all[i] = append(all[i], c)
	}
	return all
}

func byWork(n samples.Name) string { return n.Work }

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
	return fmt.Sprintf(" (n=%d to %d)", slices.Min(all), slices.Max(all))
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
