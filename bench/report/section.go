package report

import (
	"slices"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Section is what a run tells beside the tables of its levels: the smallest task
// that is worth it, latency under load, what scales and what it costs. All sections
// have one shape, so that each format is written once.
type Section struct {
	Key   string // in csv and json: metg, load, scaling, crossover, startup, cost, distance, pitfall or noise
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
	Unit  string // base unit: "", s, B, x, % or count
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

	curve *curve // of scaling, for charts; nil elsewhere
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
	{ofPitfall, pitfallSections},
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
