package chart

import (
	"cmp"
	"slices"
)

// A label stands at the end of a curve.
type label struct {
	text      string
	style     int
	series    int
	at, value float64 // the last point
	y         float64 // where it is drawn
}

// labels are the ends of the curves that have a name and a point.
func (l Lines) labels() (all []label) {
	x, y := newScale(l.X, nil), newScale(l.Y, nil)
	for i, s := range l.Series {
		for _, p := range slices.Backward(s.Points) {
			if s.Name != "" && x.shows(p.At) && y.shows(p.Value) {
				all = append(all, label{text: s.Name, style: s.Style, series: i, at: p.At, value: p.Value})
				break
			}
		}
	}
	return all
}

// spread moves labels apart that would touch, as little as it takes: those that touch
// become a block around their middle, which may touch the next, and so on.
func spread(all []label, top, bottom float64) []label {
	slices.SortStableFunc(all, func(a, b label) int { return cmp.Compare(a.y, b.y) })
	type block struct {
		first, n int
		sum      float64 // of the wanted places
	}
	begin := func(b block) float64 {
		height := lineHeight * float64(b.n-1)
		return max(top, min(bottom-height, b.sum/float64(b.n)-height/2))
	}
	var blocks []block
	for i, l := range all {
		blocks = append(blocks, block{i, 1, l.y})
		for n := len(blocks); n > 1; n = len(blocks) {
			upper, lower := blocks[n-2], blocks[n-1]
			if begin(upper)+lineHeight*float64(upper.n) <= begin(lower) {
				break
			}
			blocks = append(blocks[:n-2], block{upper.first, upper.n + lower.n, upper.sum + lower.sum})
		}
	}
	for _, b := range blocks {
		for i := range b.n {
			all[b.first+i].y = begin(b) + lineHeight*float64(i)
		}
	}
	return all
}

// A placed mark has a place, and a row for its text.
type placed struct {
	Mark
	x, textX float64
	row      int
}

// stack finds a row above the frame for the text of each mark, so that none touch.
func (l Lines) stack(x *scale, f frame) (all []placed, rows int) {
	var ends []float64 // of the texts in each row
	marks := slices.Clone(l.Marks)
	slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	for _, m := range marks {
		if !x.shows(m.At) {
			continue
		}
		m.Text = clip(m.Text, 34)
		p := placed{Mark: m, x: x.place(m.At)}
		half := wide(m.Text) / 2
		p.textX = max(half+2, min(drawingWidth-half-2, p.x))
		for p.row < len(ends) && p.textX-half < ends[p.row]+4 {
			p.row++
		}
		if p.row == len(ends) {
			ends = append(ends, 0)
		}
		ends[p.row] = p.textX + half
		all = append(all, p)
	}
	if len(ends) == 1 && ends[0] == 0 {
		return all, 0
	}
	return all, len(ends)
}

// draw draws the mark from its text down.
func (p placed) draw(c *canvas, f frame) {
	class := "mark"
	if p.Dash {
		class = "mark dash"
	}
	y := f.top - 4 - lineHeight*float64(p.row)
	c.open("", p.Style)
	c.line(class, p.x, y+2, p.x, f.bottom)
	c.close()
	c.text("", middle, p.textX, y, p.Text)
}
