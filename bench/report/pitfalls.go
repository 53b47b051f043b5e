package report

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

var pitfallHeads = []Head{
	{"broken", "broken_s", "s"}, {"fixed", "fixed_s", "s"}, {"broken/\nfixed", "ratio", "x"},
	{"forbidden,\nbroken", "forbidden_broken", "count"}, {"forbidden,\nfixed", "forbidden_fixed", "count"},
}

// untimed is why what is judged by its outcomes has no time.
const untimed = "not judged by time"

// ofPitfall reports whether the benchmark is one of the two programs of a pitfall.
func ofPitfall(n samples.Name) bool { return n.Base == "Pitfall" && n.Part("id") != "" }

// pitfallSections compare the broken program of each pitfall with the fixed one.
func pitfallSections(s *survey) []Section {
	sec := Section{Key: "pitfall", Title: "Pitfalls", Heads: pitfallHeads,
		About: "what is judged of programs that go wrong, and of their fixed twins: a time, or how many outcomes are forbidden"}
	pairs := groups(s.all(ofPitfall), func(n samples.Name) string { return n.Part("id") })
	if len(pairs) == 0 {
		return nil
	}
	slices.SortStableFunc(pairs, func(a, b []*samples.Cell) int { return byID(a[0].Name.Part("id"), b[0].Name.Part("id")) })
	for _, pair := range pairs {
		sec.Lines = append(sec.Lines, pitfallLine(pair))
	}
	if slices.ContainsFunc(sec.Lines, func(l Line) bool { return len(l.Cells) > 2 && l.Cells[2].N > 0 }) {
		sec.Notes = []string{"broken/fixed is not the number of levels pitfall, which divides the least of five runs by the least of a yardstick's: " +
			"here it is the median over the rounds, of the broken program to the fixed one."}
	}
	return []Section{sec}
}

// ofPitfallsOnly reports whether the run measured pitfalls, and no level.
func (r *Run) ofPitfallsOnly() bool {
	has := func(keys ...string) bool {
		return slices.ContainsFunc(r.Sections, func(s Section) bool { return slices.Contains(keys, s.Key) })
	}
	return len(r.Tables) == 0 && has("pitfall") && !has("metg", "crossover", "scaling", "load", "distance", "startup", "cost")
}

func pitfallLine(pair []*samples.Cell) Line {
	n := pair[0].Name
	l := Line{Label: samples.Clip(samples.Clean(strings.TrimSpace(n.Part("id")+" "+n.Part("name"))), 40), Cells: make([]Cell, len(pitfallHeads))}
	var broken, fixed *samples.Cell
	for _, c := range pair {
		switch c.Name.Part("variant") {
		case "broken":
			broken = c
		case "fixed":
			fixed = c
		}
		if l.Invalid == "" {
			l.Invalid = fault(c)
		}
	}
	if l.Invalid != "" {
		return l
	}
	const time, count = "took-sec", "forbidden/op"
	if timed := slices.ContainsFunc(pair, func(c *samples.Cell) bool { return len(c.Values(time)) > 0 }); timed {
		l.Cells[0], l.Cells[1] = measured(broken, time), measured(fixed, time)
		l.Cells[2] = Cell{Why: "one of the two was not measured"}
		if broken != nil && fixed != nil {
			l.Cells[2] = ratio(broken, fixed, time)
		}
	} else {
		for i := range 3 {
			l.Cells[i] = Cell{Why: untimed}
		}
	}
	for i, c := range []*samples.Cell{broken, fixed} {
		if l.Cells[3+i] = measured(c, count); c != nil {
			l.Cells[3+i] = steady(c, count, l.Cells[3+i])
		}
	}
	return l
}

// byID compares ids by the level of their letter, in the order of the catalogue, then by
// their number, and then by what follows it: T3, T3b, T10.
func byID(a, b string) int {
	levelA, numberA, restA := splitID(a)
	levelB, numberB, restB := splitID(b)
	return cmp.Or(cmp.Compare(levelA, levelB), cmp.Compare(numberA, numberB), cmp.Compare(restA, restB))
}

// splitID takes an id apart. The letters of no level come after those of all levels.
func splitID(id string) (level, number int, rest string) {
	const levels = "MPTAXR"
	if level = strings.IndexByte(levels, id[0]); level < 0 {
		level = len(levels) + int(id[0])
	}
	rest = strings.TrimLeft(id[1:], "0123456789")
	number, _ = strconv.Atoi(id[1 : len(id)-len(rest)]) // none is 0
	return level, number, rest
}
