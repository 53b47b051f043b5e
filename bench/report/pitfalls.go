package report

import (
	"slices"

	"github.com/fourlevels/fourlevels/bench/samples"
)

var pitfallHeads = []Head{
	{"broken", "broken_s", "s"}, {"fixed", "fixed_s", "s"}, {"broken/\nfixed", "ratio", "x"},
	{"forbidden,\nbroken", "forbidden_broken", ""}, {"forbidden,\nfixed", "forbidden_fixed", ""},
}

// ofPitfall reports whether the benchmark is one of the two programs of a pitfall.
func ofPitfall(n samples.Name) bool { return n.Base == "Pitfall" && n.Part("id") != "" }

// pitfallSections compare the broken program of each pitfall with the fixed one.
func pitfallSections(s *survey) []Section {
	sec := Section{Key: "pitfall", Title: "Pitfalls", Heads: pitfallHeads,
		About: "what is judged of programs that go wrong, and of their fixed twins: a time, or how many outcomes are forbidden"}
	for _, pair := range groups(s.all(ofPitfall), func(n samples.Name) string { return n.Part("id") }) {
		sec.Lines = append(sec.Lines, pitfallLine(pair))
	}
	if len(sec.Lines) == 0 {
		return nil
	}
	slices.SortStableFunc(sec.Lines, func(a, b Line) int { return naturally(a.Label, b.Label) })
	return []Section{sec}
}

func pitfallLine(pair []*samples.Cell) Line {
	l := Line{Label: samples.Clip(samples.Clean(pair[0].Name.Part("id")), 40), Cells: make([]Cell, len(pitfallHeads))}
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
			l.Cells[i] = Cell{Why: "not judged by time"}
		}
	}
	for i, c := range []*samples.Cell{broken, fixed} {
		if l.Cells[3+i] = measured(c, count); c != nil {
			l.Cells[3+i] = countedUp(c, count, l.Cells[3+i])
		}
	}
	return l
}

// naturally compares ids by their letter, and then by their number.
func naturally(a, b string) int {
	if a == "" || b == "" || a[0] != b[0] {
		return numerically(a, b)
	}
	return numerically(a[1:], b[1:])
}
