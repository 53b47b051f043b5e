package samples

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
)

// escapes matches the sequences by which text drives a terminal: CSI (colours,
// cursor), OSC (titles, links, the clipboard), and ESC with one more character.
var escapes = regexp.MustCompile(`(\x1b\[|\x{9b})[0-?]*[ -/]*[@-~]?` +
	`|(\x1b\]|\x{9d})[^\x07\x1b]*(\x07|\x1b\\)?` +
	`|\x1b.?`)

// Clean makes text from a file safe to print: names, settings and errors were
// written by others. It takes out escape sequences, control characters and
// invisible ones (which can turn the reading direction), and makes every white
// space a plain space, so that the text stays on its line.
func Clean(s string) string {
	s = escapes.ReplaceAllString(strings.ToValidUTF8(s, "?"), "")
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// Clip shortens s to n characters, the last of which then is an ellipsis.
func Clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// quote is text from a file as errors show it.
func quote(s string, n int) string { return cmp.Or(Clip(Clean(s), n), `""`) }
