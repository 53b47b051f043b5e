package compare

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// width is that of a terminal which nobody has made wider.
const width = 80

// grid writes rows in columns: the first and the last to the left, figures to the
// right.
func grid(page *bytes.Buffer, head []string, rows [][]string, comment bool) {
	const first = 20
	widths := []int{first, 7, 7, 6, 11, 5, 5, 12}
	if comment {
		widths[6] = 0
	}
	write := func(cells []string) {
		label := fold(cells[0], first)
		for i, piece := range label {
			var b strings.Builder
			b.WriteString(pad(piece, first, false))
			if i == 0 {
				for at := 1; at < len(cells); at++ {
					if widths[at] > 0 {
						b.WriteString(" " + pad(cells[at], widths[at], at < len(cells)-1))
					}
				}
			}
			fmt.Fprintln(page, strings.TrimRight(b.String(), " "))
		}
	}
	write(head)
	fmt.Fprintln(page, strings.Repeat("-", width))
	for _, cells := range rows {
		write(cells)
	}
}

func pad(s string, width int, right bool) string {
	gap := strings.Repeat(" ", max(0, width-utf8.RuneCountInString(s)))
	if right {
		return gap + s
	}
	return s + gap
}

// fold breaks a label into pieces that fit, at spaces where there are any.
func fold(text string, width int) (pieces []string) {
	piece := ""
	for _, word := range strings.Fields(text) {
		switch fits := utf8.RuneCountInString(piece) + 1 + utf8.RuneCountInString(word); {
		case piece == "":
			piece = word
		case fits <= width:
			piece += " " + word
		default:
			pieces, piece = append(pieces, piece), " "+word
		}
		for r := []rune(piece); len(r) > width; r = []rune(piece) {
			pieces, piece = append(pieces, string(r[:width])), " "+string(r[width:])
		}
	}
	return append(pieces, piece)
}
