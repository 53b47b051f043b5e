package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
)

// writeCSV writes a line for each row of a table, and one for each figure of a section:
// in base units (tasks a second, seconds, bytes), followed by the bounds of the interval
// and by n. What is absent or unbounded is empty, and the note says why it is absent.
func (r *Run) writeCSV(page *bytes.Buffer) error {
	out := csv.NewWriter(page)
	head := []string{"work", "grain", "label", "level", "impl", "at_once"}
	for _, c := range columns {
		head = append(head, c.field, c.field+"_lo", c.field+"_hi", c.field+"_n")
	}
	head = append(head, "invalid")
	lines := [][]string{append(head, "section", "axis", "figure", "unit", "value", "value_lo", "value_hi", "value_n", "note")}
	blank := make([]string, len(lines[0])-len(head)-1)
	for _, t := range r.Tables {
		for i := range t.Rows {
			row := &t.Rows[i]
			line := []string{inert(t.Work), inert(t.Grain), inert(row.Label), inert(row.Level), inert(row.Impl), whole(row.AtOnce)}
			var notes []string
			for _, c := range columns {
				cell := c.of(row)
				center, lo, hi := figures(*cell)
				line = append(line, decimal(center), decimal(lo), decimal(hi), whole(cell.N))
				if cell.Why != "" {
					notes = append(notes, c.field+": "+cell.Why)
				}
			}
			line = append(append(line, row.Invalid), blank...)
			lines = append(lines, append(line, strings.Join(notes, "; ")))
		}
	}
	for i := range r.Sections {
		lines = append(lines, sectionLines(&r.Sections[i], 4*len(columns))...)
	}
	return out.WriteAll(lines)
}

// sectionLines are a line for each figure of a section, present or absent, or one that
// says in words what the line says. The columns of the tables stay empty in them.
func sectionLines(s *Section, blank int) (lines [][]string) {
	for _, l := range s.Lines {
		begin := append([]string{inert(l.Work), inert(l.Grain), inert(l.Label), inert(l.Level), inert(l.Impl), ""}, make([]string, blank)...)
		begin = append(begin, l.Invalid, s.Key, inert(l.At))
		if l.Invalid != "" || len(l.Cells) == 0 {
			lines = append(lines, append(begin, "", "", "", "", "", "", l.Says))
			continue
		}
		for i, c := range l.Cells {
			if c.Why != "" {
				lines = append(lines, append(slices.Clone(begin), s.Heads[i].Field, s.Heads[i].Unit, "", "", "", "", c.Why))
			}
		}
		for _, f := range s.figures(&l) {
			center, lo, hi := figures(f.Cell)
			lines = append(lines, append(slices.Clone(begin), f.Field, f.Unit, decimal(center), decimal(lo), decimal(hi), whole(f.N), ""))
		}
	}
	return lines
}

// inert keeps a spreadsheet from taking a name for a formula.
func inert(name string) string {
	if name != "" && strings.ContainsRune("=+-@", rune(name[0])) {
		return "'" + name
	}
	return name
}

// figures are all that a line has, with a column or without.
func (s *Section) figures(l *Line) (all []Figure) {
	for i, c := range l.Cells {
		if c.N > 0 {
			all = append(all, Figure{s.Heads[i], c})
		}
	}
	return append(all, l.Figures...)
}

// figures are the numbers of a cell; nil stands for one that is absent.
func figures(c Cell) (center, lo, hi *float64) {
	known := func(v float64) *float64 {
		if c.N == 0 || !finite(v) {
			return nil
		}
		return &v
	}
	return known(c.Center), known(c.Lo), known(c.Hi)
}

func decimal(v *float64) string {
	if v == nil {
		return ""
	}
	return strconv.FormatFloat(*v, 'g', -1, 64)
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
