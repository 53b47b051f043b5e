package report

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

// footnotes collect reasons, each once, and hand out marks for them.
type footnotes []string

// mark returns the mark for reason, as in "-¹".
func (f *footnotes) mark(reason string) string {
	n := rank(*f, reason)
	if n == len(*f) {
		*f = append(*f, reason)
	}
	return superscript(n + 1)
}

func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	if n < 10 {
		return string(digits[n])
	}
	return superscript(n/10) + string(digits[n%10])
}

// Wrap breaks text into lines of the given width, between words where it can.
// Lines after the first are indented.
func Wrap(text string, width, indent int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		for _, piece := range fold(word, width-indent) {
			if column > 0 && column+1+wide(piece) > width {
				b.WriteString("\n" + strings.Repeat(" ", indent))
				column = indent
			} else if column > 0 {
				b.WriteByte(' ')
				column++
			}
			b.WriteString(piece)
			column += wide(piece)
		}
	}
	return b.String()
}

// fold cuts a word into pieces of the given width: at a space, else where the
// parts of a name join, else anywhere.
func fold(word string, width int) []string {
	var pieces []string
	for wide(word) > width {
		end, space, joint, used := 0, 0, 0, 0
		for i, r := range word {
			if r == '>' {
				joint = i // it goes down with what it leads to
			}
			if used += wide(string(r)); used > width && i > 0 {
				break
			}
			end = i + len(string(r))
			switch r {
			case ' ':
				space = end
			case '/', '=', ',':
				joint = end
			}
		}
		end = cmp.Or(space, joint, end)
		pieces, word = append(pieces, strings.TrimSpace(word[:end])), word[end:]
	}
	return append(pieces, word)
}

// Count says how many, and of what.
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// wide is the number of terminal columns of s, escape sequences not counted. It
// must not ask the locale, or the same report would differ between machines.
func wide(s string) int { return twwidth.WidthWithOptions(s, twwidth.Options{}) }
