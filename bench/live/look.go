package live

import "strings"

// A look is how frames are drawn.
type look struct {
	width     int
	ascii     bool
	color     bool
	projector bool
}

// Colours of a terminal with 256, close to those that the colour-blind can tell apart
// (Okabe and Ito). What they say, the glyphs say too.
var inks = map[State]string{
	Running: "\x1b[38;5;32m",
	Waiting: "\x1b[38;5;214m",
	Queued:  "\x1b[38;5;245m",
	Lost:    "\x1b[1;38;5;166m",
	Again:   "\x1b[38;5;175m",
	Dark:    "\x1b[38;5;240m",
}

const (
	bold   = "\x1b[1m"
	alarm  = "\x1b[1;38;5;166m"
	normal = "\x1b[0m"
)

// paint gives a text a colour, if there are any.
func (l look) paint(ink, text string) string {
	if !l.color || ink == "" || text == "" {
		return text
	}
	return ink + text + normal
}

// glyph is what a state is drawn with.
func (l look) glyph(s State) string {
	for _, g := range Glyphs {
		switch {
		case g.State == s && l.ascii:
			return string(g.ASCII)
		case g.State == s:
			return string(g.Glyph)
		}
	}
	return " "
}

// plain is a text of an event in the characters that the terminal has.
func (l look) plain(s string, n int) string {
	s = plain(s, n)
	if l.ascii {
		s = strings.Map(func(r rune) rune {
			switch {
			case r < 0x7f:
				return r
			case r == '…':
				return '~'
			case r == '×':
				return 'x'
			case r == 'µ':
				return 'u'
			case r == '–', r == '—':
				return '-'
			}
			return '?'
		}, s)
	}
	return s
}

// rule is a line across the frame with a title in it, and a text at its end.
func (l look) rule(title, end string) string {
	line := "─"
	if l.ascii {
		line = "-"
	}
	head, tail := line+line, line
	if title = l.plain(title, l.width-12-width(end)); title != "" {
		head, tail = head+" ", " "
	}
	if end != "" {
		end = " " + end + " " + line
	}
	rest := l.width - width(head+title+tail+end)
	return head + l.paint(bold, title) + tail + strings.Repeat(line, max(1, rest)) + end
}

// label is a name or a note in the room that there is for it: a quarter of the frame.
func (l look) label(s string) string { return l.plain(s, l.width/4) }
