package live

import (
	"fmt"
	"strings"
	"time"
)

// gantt draws the lanes: name, bar, and what was done there; and below them the time axis
// and the legend.
func (l look) gantt(b *board, now time.Duration, still bool) (lines, below []string) {
	if len(b.lanes) == 0 {
		return nil, nil
	}
	label, tally := 0, 0
	for _, one := range b.lanes {
		label = max(label, width(l.label(one.name)))
		tally = max(tally, width(one.tally(l)))
	}
	cells := max(10, l.width-label-tally-2)
	axis := b.elapsed(now)
	if !still {
		axis = roundUp(axis, b.shortest())
	}
	axis = max(axis, 1)
	for _, one := range b.lanes {
		bar := l.bar(one.fill(b.begun, axis, cells, now))
		name := left(l.label(one.name), label)
		lines = append(lines, strings.TrimRight(name+" "+bar+" "+right(one.tally(l), tally), " "))
		if l.projector {
			lines = append(lines, strings.Repeat(" ", label+1)+bar, "")
		}
	}
	end := l.plain(clock(axis), 12)
	below = []string{strings.Repeat(" ", label+1) + left("0", cells-width(end)) + end}
	if legend := l.legend(b); legend != "" {
		below = append(below, legend)
	}
	return lines, below
}

// shortest is the axis that a scene begins with.
func (b *board) shortest() time.Duration {
	if b.scene.Together {
		return time.Millisecond
	}
	return time.Second
}

// tally is how many tasks were done on a lane, and how many were lost there.
func (l *lane) tally(how look) string {
	text := ""
	if n := len(l.tasks); n > 0 {
		text = fmt.Sprint(n)
	}
	if l.lost > 0 {
		text = strings.TrimSpace(fmt.Sprintf("%s %s%d", text, how.glyph(Lost), l.lost))
	}
	return text
}

// fill says what each cell of a lane shows: the state that fills most of it. However
// little of it something fills, it is shown; and what is lost, runs again or is gone
// hides all else.
func (l *lane) fill(begin, axis time.Duration, cells int, now time.Duration) []State {
	type share struct{ of [len(order)]float64 }
	shares := make([]share, cells)
	const hair = 1e-6 // of a cell: what rounding may be wrong by
	scale := float64(cells) / float64(axis)
	for i := range l.spans {
		s := &l.spans[i]
		from := float64(time.Duration(s.T0)-begin) * scale
		to := float64(s.end(now)-begin) * scale
		for c := max(0, int(from+hair)); c < cells && float64(c) < max(to-hair, from+2*hair); c++ {
			shares[c].of[rank(s.State)] += max(hair, min(to, float64(c+1))-max(from, float64(c)))
		}
	}
	states := make([]State, cells)
	for c := range shares {
		most := 0.0
		for r, state := range order {
			if much := shares[c].of[r]; much > 0 && (r < winners || much > most) {
				states[c], most = state, much
				if r < winners {
					break
				}
			}
		}
	}
	return states
}

// order is the states by who hides whom; the first ones hide all that come after them.
var order = [...]State{Dark, Lost, Again, Running, Waiting, Queued}

const winners = 3

func rank(s State) int {
	for r, state := range order {
		if state == s {
			return r
		}
	}
	return len(order) - 1
}

// bar writes cells as glyphs, with a colour for each stretch.
func (l look) bar(cells []State) string {
	var b strings.Builder
	for i := 0; i < len(cells); {
		j := i
		for j < len(cells) && cells[j] == cells[i] {
			j++
		}
		b.WriteString(l.paint(inks[cells[i]], strings.Repeat(l.glyph(cells[i]), j-i)))
		i = j
	}
	return b.String()
}

// legend explains the glyphs that are in use.
func (l look) legend(b *board) string {
	used := map[State]bool{}
	for _, one := range b.lanes {
		for i := range one.spans {
			used[one.spans[i].State] = true
		}
	}
	var parts []string
	for _, g := range Glyphs {
		if used[g.State] {
			parts = append(parts, l.paint(inks[g.State], l.glyph(g.State))+" "+g.Means)
		}
	}
	return strings.Join(parts, "   ")
}
