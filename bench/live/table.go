package live

import "strings"

// table writes a table whose first column is text and whose others stand to the right.
// It is never wider than the frame: its widest columns are broken into lines.
func (l look) table(t Table) []string {
	lines := l.text("", t.Title)
	rows := append([][]string{t.Head}, t.Rows...)
	widths := l.widths(rows)
	for i, row := range rows {
		lines = append(lines, l.row(row, widths)...)
		if i == 0 {
			rules := make([]string, len(widths))
			for c, w := range widths {
				rules[c] = strings.Repeat("-", w)
			}
			lines = append(lines, strings.Join(rules, "  "))
		}
	}
	return append(lines, l.text("", t.Note)...)
}

// widths are those of the columns: as wide as their cells, or less where that is more
// than there is.
func (l look) widths(rows [][]string) []int {
	var widths []int
	for _, row := range rows {
		for c, cell := range row {
			if c == len(widths) {
				if c == maxColumns {
					break
				}
				widths = append(widths, 1)
			}
			widths[c] = max(widths[c], width(l.plain(cell, maxText)))
		}
	}
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	for ; total > l.width; total-- {
		widest := 0
		for c := range widths {
			if widths[c] > widths[widest] {
				widest = c
			}
		}
		widths[widest]--
	}
	return widths
}

// maxColumns is what 80 columns of a terminal can hold.
const maxColumns = 20

// row writes one row, on as many lines as its longest cell takes.
func (l look) row(cells []string, widths []int) []string {
	broken := make([][]string, len(widths))
	height := 1
	for c := range widths {
		if c < len(cells) {
			broken[c] = wrap(l.plain(cells[c], maxText), widths[c])
			height = max(height, len(broken[c]))
		}
	}
	lines := make([]string, height)
	for i := range lines {
		parts := make([]string, len(widths))
		for c, w := range widths {
			cell := ""
			if i < len(broken[c]) {
				cell = broken[c][i]
			}
			if c == 0 {
				parts[c] = left(cell, w)
			} else {
				parts[c] = right(cell, w)
			}
		}
		lines[i] = strings.TrimRight(strings.Join(parts, "  "), " ")
	}
	return lines
}
