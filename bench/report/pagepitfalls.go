package report

import (
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// A symptom is how pitfalls show, with the part of the section that has it.
type symptom struct {
	title, about string
	axis         chart.Axis
	columns      []int // of the section
	drawn        int   // how many of them, from the first
	none         func(Cell) bool
}

var symptoms = []symptom{
	{"Pitfalls: times", "of those that are judged by a time", chart.Axis{Title: "time that is judged", Unit: "s", Log: true},
		[]int{0, 1, 2}, 2, func(c Cell) bool { return c.Why == untimed }},
	{"Pitfalls: forbidden outcomes", "of those whose broken program has some; a fixed one must have none", chart.Axis{Title: "forbidden outcomes", Log: true},
		[]int{3, 4}, 1, func(c Cell) bool { return c.N > 0 && c.Center == 0 }},
}

// pitfalls are programs that go wrong, beside their fixed twins.
func (p *pager) pitfalls() chart.Section {
	s := chart.Section{ID: "pitfalls", Title: "Pitfalls", Short: "pitfalls"}
	for _, all := range p.of("pitfall") {
		s.Says = append(s.Says, all.words()...)
		for i, show := range symptoms {
			part := all.showing(show)
			if len(part.Lines) == 0 {
				continue
			}
			f := part.figure("pitfalls-" + strconv.Itoa(i+1))
			f.Table = part.behind(show.columns...)
			if c := p.across(part, show.axis, show.columns[:show.drawn]...); len(c.Rows) > 0 {
				f.SVG = c.SVG()
			}
			s.Figures = append(s.Figures, f)
		}
	}
	return s
}

// showing is the part of a section whose lines have the symptom.
func (s *Section) showing(show symptom) *Section {
	part := *s
	part.Title, part.About, part.Notes = show.title, show.about, nil
	part.Lines = slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool {
		return len(l.Cells) > 0 && l.Invalid == "" && show.none(l.Cells[show.columns[0]])
	})
	return &part
}
