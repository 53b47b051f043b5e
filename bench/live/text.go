package live

import (
	"strings"
	"unicode"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// plain makes a text of an event safe for a terminal: it may come from a file or from
// another process. It stays on one line, and within n columns.
func plain(s string, n int) string { return fit(samples.Clean(samples.Clip(s, 4*n)), n) }

// columns is how wide a character is in a terminal. It must not ask the locale, or the
// same show would look different elsewhere.
func columns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r < 0x1100:
		return 1
	case r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3, r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60, r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff, r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// width is how many columns a plain text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// fit cuts a plain text to n columns, the last of which then is an ellipsis.
func fit(s string, n int) string {
	if width(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		if used += columns(r); used > n-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// left and right fill a plain text with spaces to n columns.
func left(s string, n int) string  { return s + strings.Repeat(" ", max(0, n-width(s))) }
func right(s string, n int) string { return strings.Repeat(" ", max(0, n-width(s))) + s }

// wrap breaks a plain text into lines of at most n columns: at a space, and anywhere in
// a word that is longer.
func wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
		case width(line)+1+width(word) <= n:
			line += " " + word
			continue
		default:
			lines = append(lines, line)
		}
		for width(word) > n {
			head := cut(word, n)
			lines, word = append(lines, head), word[len(head):]
		}
		line = word
	}
	return append(lines, line)
}

// cut is the beginning of s that takes at most n columns, but one character at least.
func cut(s string, n int) string {
	used := 0
	for i, r := range s {
		if used += columns(r); used > n && i > 0 {
			return s[:i]
		}
	}
	return s
}
