package trend

import (
	"math"
	"slices"
)

// widest is how many runs and changes a line shows: the latest.
const widest = 24

// bar stands before the first point after a change.
const bar = '|'

// Heights of a sparkline, lowest first. Their number is odd, so that the middle is one
// of them and not a border between two, on which noise would jump.
const blocks, letters = "▁▂▃▄▅▆▇", "_.-=+*#"

// spark draws the latest points. The scale is of logs, and spans 5 % at least: noise
// should not look like drama. What is ignored is a space.
func (s *Series) spark(ascii bool) string {
	marks := []rune(blocks)
	if ascii {
		marks = []rune(letters)
	}
	points := s.Points[max(0, len(s.Points)-widest):]
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p.Ignored == "" {
			lo, hi = min(lo, math.Log(p.Center)), max(hi, math.Log(p.Center))
		}
	}
	const least = 0.05
	if hi-lo < least {
		lo, hi = (lo+hi-least)/2, (lo+hi+least)/2
	}
	var line []rune
	for _, p := range points {
		if slices.ContainsFunc(s.Changes, func(c Change) bool { return c.Run == p.Run }) {
			line = append(line, bar)
		}
		if p.Ignored != "" {
			line = append(line, ' ')
			continue
		}
		line = append(line, marks[int(math.Round((math.Log(p.Center)-lo)/(hi-lo)*float64(len(marks)-1)))])
	}
	return string(line[max(0, len(line)-widest):])
}
