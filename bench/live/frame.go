package live

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// A part is lines of a frame that belong together.
type part struct {
	lines []string
	joins bool // the part before, without an empty line between
	turn  int  // in which it goes where there is too little room; 0 means never
	least int  // lines that stay then, before one that says how many do not
}

// frame draws a board as lines of at most l.width columns. A still one fills its time
// axis, and has the tables.
func (l look) frame(b *board, now time.Duration, still bool) []string {
	var lines []string
	for _, p := range l.parts(b, now, still) {
		if len(lines) > 0 && len(p.lines) > 0 && !p.joins {
			lines = append(lines, "")
		}
		lines = append(lines, p.lines...)
	}
	return lines
}

// parts are a frame from the top. Title, vote and caption are never left out: without them
// nobody knows what is asked, or what there is to see.
func (l look) parts(b *board, now time.Duration, still bool) []part {
	title := l.rule(b.scene.Title, l.plain(clock(max(0, now-b.begun).Round(100*time.Millisecond)), 12))
	lanes, axis := l.gantt(b, now, still)
	parts := []part{
		{lines: []string{title}},
		{lines: l.text("", b.scene.Text), joins: true, turn: 5},
		{lines: lanes, turn: 1, least: 4},
		{lines: axis, joins: true, turn: 6},
		{lines: l.counts(b), turn: 4},
		{lines: l.lines(b), turn: 3},
	}
	for _, bars := range b.bars {
		parts = append(parts, part{lines: l.bars(bars), turn: 2})
	}
	if b.vote != nil {
		parts = append(parts, part{lines: l.vote(*b.vote)})
	}
	for _, t := range b.tables {
		parts = append(parts, part{lines: l.table(t), turn: lastTurn, least: 3})
	}
	return append(parts, part{lines: l.text("» ", b.say)})
}

// squeeze leaves parts out until the others have room lines at most, without empty ones between.
func squeeze(parts []part, room int) []string {
	over := -room
	for _, p := range parts {
		over += len(p.lines)
	}
	for turn := 1; turn <= lastTurn; turn++ {
		for i := len(parts) - 1; i >= 0; i-- {
			switch p := &parts[i]; {
			case over <= 0 || p.turn == 0:
			case p.turn == turn:
				over -= p.shorten(over)
			case p.turn < turn && turn == lastTurn-1: // what is left of lanes, before the numbers of the demo go
				over, p.lines = over-len(p.lines), nil
			}
		}
	}
	var lines []string
	for _, p := range parts {
		lines = append(lines, p.lines...)
	}
	return lines[:min(len(lines), room)]
}

const lastTurn = 7

// shorten takes n lines away, if there are more than have to stay; nothing has to stay of
// most parts, and they go as a whole. It returns by how many lines the part is shorter.
func (p *part) shorten(n int) int {
	before := len(p.lines)
	stay := max(before-n-1, p.least)
	switch {
	case p.least == 0:
		p.lines = nil
	case stay+1 < before:
		p.lines = append(p.lines[:stay:stay], fmt.Sprintf("+ %d more", before-stay))
	}
	return before - len(p.lines)
}

// text is a text of an event, wrapped, with a mark before its first line.
func (l look) text(mark, s string) []string {
	s = l.plain(s, maxText)
	if s == "" {
		return nil
	}
	if l.ascii {
		mark = strings.ReplaceAll(mark, "»", ">")
	}
	lines := wrap(s, l.width-width(mark))
	for i := range lines {
		lines[i] = left("", width(mark)) + lines[i]
	}
	lines[0] = mark + lines[0][len(left("", width(mark))):]
	return lines
}

const maxText = 600

// counts are numbers beside each other. One that should be 0 and is not stands out.
func (l look) counts(b *board) []string {
	var lines []string
	line, used := "", 0
	for _, c := range b.counts {
		text, ink := l.label(c.Name)+" "+l.label(amount(c.Value, c.Unit)), bold
		if c.Bad && c.Value != 0 {
			text, ink = "! "+text, alarm
		}
		if used > 0 && used+3+width(text) > l.width {
			lines = append(lines, line)
			line, used = "", 0
		}
		if used > 0 {
			line, used = line+"   ", used+3
		}
		line, used = line+l.paint(ink, text), used+width(text)
	}
	if used > 0 {
		lines = append(lines, line)
	}
	return lines
}

// lines are the series, each as a line of blocks over its latest points. Where there are
// more points than columns, a column shows the highest of its own: no peak is hidden.
func (l look) lines(b *board) []string {
	blocks := []rune("▁▂▃▄▅▆▇█")
	if l.ascii {
		blocks = []rune("_.,-=+*#")
	}
	var lines []string
	for _, s := range b.curves {
		name := l.label(s.name)
		note := l.plain(fmt.Sprintf("now %s, most %s", figure(s.values[len(s.values)-1]), amount(s.most, s.unit)), l.width/2)
		room := max(8, l.width-width(name)-width(note)-2)
		var line strings.Builder
		low := min(0, s.least)
		for _, v := range peaks(s.values, room) {
			level := 0
			if s.most > low {
				level = int((v - low) / (s.most - low) * float64(len(blocks)-1))
			}
			line.WriteRune(blocks[min(max(level, 0), len(blocks)-1)])
		}
		lines = append(lines, name+" "+left(line.String(), room)+" "+note)
	}
	return lines
}

// peaks is at most n values, each the highest of as many others.
func peaks(values []float64, n int) []float64 {
	if len(values) <= n {
		return values
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = values[i*len(values)/n]
		for _, v := range values[i*len(values)/n : (i+1)*len(values)/n] {
			out[i] = max(out[i], v)
		}
	}
	return out
}

// bars are drawn to scale, and say so if the scale is a logarithm.
func (l look) bars(v Bars) []string {
	title := l.plain(v.Title, l.width-20)
	if v.Log {
		title += " (log scale)"
	}
	lines := []string{l.paint(bold, title)}
	label, value, note := 0, 0, 0
	for _, bar := range v.Bars {
		label = max(label, width(l.label(bar.Label)))
		value = max(value, width(l.known(bar.Value, v.Unit)))
		note = max(note, width(l.label(bar.Note)))
	}
	room := max(4, l.width-label-value-note-4)
	for _, bar := range v.Bars {
		line := left(l.label(bar.Label), label) + " "
		if n := length(v, bar.Value, room); n > 0 {
			line += l.paint(inks[Running], strings.Repeat(l.glyph(Running), n)) + " "
		}
		lines = append(lines, strings.TrimRight(line+l.known(bar.Value, v.Unit)+" "+l.label(bar.Note), " "))
	}
	return lines
}

func (l look) known(v float64, unit string) string {
	if v < 0 {
		return "?"
	}
	return l.label(amount(v, unit))
}

// length is how many of room a bar takes. On a logarithmic scale the least takes a tenth.
func length(v Bars, value float64, room int) int {
	most, least := 0.0, math.Inf(1)
	for _, b := range v.Bars {
		if b.Value > 0 {
			most, least = max(most, b.Value), min(least, b.Value)
		}
	}
	switch {
	case value <= 0 || most == 0:
		return 0
	case v.Log && most > least:
		share := 0.1 + 0.9*math.Log(value/least)/math.Log(most/least)
		return max(1, int(math.Round(share*float64(room))))
	}
	return max(1, int(math.Round(value/most*float64(room))))
}

func (l look) vote(v Vote) []string {
	lines := l.text("? ", v.Question)
	for i, choice := range v.Choices {
		mark := fmt.Sprintf("  %c) ", 'a'+min(i, 25))
		if v.Answer == i+1 {
			mark = fmt.Sprintf("=>%c) ", 'a'+min(i, 25))
		}
		lines = append(lines, l.text(mark, choice)...)
	}
	if v.Answer == 0 {
		lines = append(lines, "  Hands up; any key goes on.")
	}
	return lines
}
