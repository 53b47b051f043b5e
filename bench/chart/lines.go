package chart

import (
	"cmp"
	"html/template"
	"math"
	"slices"
)

// Lines has a curve for each series.
type Lines struct {
	Title, Says string // for those who cannot see it
	X, Y        Axis
	Series      []Series
	Marks       []Mark
	Base        float64 // where a level line is drawn, to compare with; 0 means none
	Height      float64 // of the part between the axes; 0 means 190, or more for many labels
}

// A Series is one curve.
type Series struct {
	Name   string // stands at its end; "" for nothing
	Style  int
	Points []Point
	Fit    []Point // a dashed curve beside it
	Step   bool    // the value holds until the next point
}

// A Mark is a vertical line with a text: where something changes.
type Mark struct {
	At    float64
	Text  string
	Style int
	Dash  bool // drawn dashed
}

const (
	defaultHeight = 190.0
	lineHeight    = 13.0
	edge          = 8.0 // that nothing touches
)

// A frame is the part between the axes.
type frame struct{ left, top, right, bottom float64 }

// SVG draws the chart.
func (l Lines) SVG() template.HTML {
	x, y := newScale(l.X, l.places()), newScale(l.Y, l.values())
	labels := l.labels()
	height := max(cmp.Or(l.Height, defaultHeight), lineHeight*float64(len(labels)))
	names := make([]string, len(labels))
	for i := range labels {
		labels[i].text = clip(labels[i].text, 22)
		names[i] = labels[i].text
	}
	f := frame{top: edge, right: drawingWidth - edge}
	if l.Y.Title != "" {
		f.top += textSize + 6
	}
	if len(names) > 0 {
		f.right -= widest(names) + 18
	}
	y.between(f.top+height, f.top)
	yTicks := y.ticks(func(string) float64 { return 26 })
	f.left = edge + 5 + widestTick(yTicks)
	x.between(f.left, f.right)
	marks, rows := l.stack(&x, f)
	f.top += float64(rows) * lineHeight
	f.bottom = f.top + height
	y.between(f.bottom, f.top)

	foot := 20.0
	if l.X.Title != "" {
		foot += 16
	}
	c := begin(drawingWidth, f.bottom+foot, l.Title, l.Says)
	c.axes(f, &x, &y, yTicks)
	if y.shows(l.Base) && l.Base != 0 {
		c.line("base", f.left, y.place(l.Base), f.right, y.place(l.Base))
	}
	for _, m := range marks {
		m.draw(c, f)
	}
	for i, s := range l.Series {
		c.openSeries("series", s.Style, i)
		s.draw(c, &x, &y)
		c.close()
	}
	furthest := f.left
	for i := range labels {
		labels[i].y = y.place(labels[i].value)
		furthest = max(furthest, x.place(labels[i].at))
	}
	for _, label := range spread(labels, f.top, f.bottom) {
		c.openSeries("label", label.style, label.series)
		if at := x.place(label.at); at > furthest-edge && math.Abs(label.y-y.place(label.value)) > 3 { // from further left it would look like data
			c.line("leader", at+6, y.place(label.value), f.right+6, label.y)
		}
		c.marker("", label.style, f.right+11, label.y, "")
		c.text("", start, f.right+18, label.y+4, label.text)
		c.close()
	}
	return c.end()
}

// places are all that the axis X must show.
func (l Lines) places() (all []float64) {
	for _, s := range l.Series {
		for _, p := range append(slices.Clone(s.Points), s.Fit...) {
			all = append(all, p.At)
		}
	}
	for _, m := range l.Marks {
		all = append(all, m.At)
	}
	return all
}

// values are all that the axis Y must show: intervals too, as far as they end.
func (l Lines) values() (all []float64) {
	for _, s := range l.Series {
		for _, p := range append(slices.Clone(s.Points), s.Fit...) {
			all = append(all, p.Value)
			if p.Bounded() {
				all = append(all, p.Lo, p.Hi)
			}
		}
	}
	if l.Base != 0 {
		all = append(all, l.Base)
	}
	return all
}

// draw draws band, curve, fit and markers. A point that has no place is a gap.
func (s Series) draw(c *canvas, x, y *scale) {
	for _, piece := range pieces(s.Points, x, y) {
		var line, upper, lower [][2]float64
		for i, p := range piece {
			at := x.place(p.At)
			if s.Step && i > 0 {
				line = append(line, [2]float64{at, y.place(piece[i-1].Value)})
			}
			line = append(line, [2]float64{at, y.place(p.Value)})
			lo, hi := p.Value, p.Value
			if p.Bounded() {
				lo, hi = p.Lo, p.Hi
			}
			upper, lower = append(upper, [2]float64{at, y.place(hi)}), append(lower, [2]float64{at, y.place(lo)})
		}
		slices.Reverse(lower)
		if len(piece) == 1 { // no width to have a band in
			c.path("line", append(upper, lower...), false)
			continue
		}
		c.path("band", append(upper, lower...), true)
		c.path("line", line, false)
	}
	for _, piece := range pieces(s.Fit, x, y) {
		var line [][2]float64
		for _, p := range piece {
			line = append(line, [2]float64{x.place(p.At), y.place(p.Value)})
		}
		c.path("fit", line, false)
	}
	for _, piece := range pieces(s.Points, x, y) {
		for _, p := range piece {
			c.marker("", s.Style, x.place(p.At), y.place(p.Value), p.Says)
		}
	}
}

// pieces are the points between gaps.
func pieces(points []Point, x, y *scale) (all [][]Point) {
	var piece []Point
	for _, p := range points {
		if x.shows(p.At) && y.shows(p.Value) {
			piece = append(piece, p)
			continue
		}
		all, piece = append(all, piece), nil
	}
	return append(all, piece)
}

// axes draws grid, ticks and titles. The title of Y stands on top, where it needs no room
// beside labels and nobody has to turn the head.
func (c *canvas) axes(f frame, x, y *scale, yTicks []tick) {
	var grid [][4]float64
	for _, t := range yTicks {
		grid = append(grid, [4]float64{f.left, y.place(t.at), f.right, y.place(t.at)})
		c.text("", end, f.left-5, y.place(t.at)+4, t.text)
	}
	for _, t := range x.ticks(func(text string) float64 { return wide(text) + 8 }) {
		grid = append(grid, [4]float64{x.place(t.at), f.top, x.place(t.at), f.bottom})
		c.text("", middle, x.place(t.at), f.bottom+15, t.text)
	}
	c.grid(grid)
	c.line("axis", f.left, f.bottom, f.right, f.bottom)
	c.text("axis-title", start, 2, textSize, y.axis.Title)
	c.text("axis-title", middle, (f.left+f.right)/2, f.bottom+31, x.axis.Title)
}

func widestTick(all []tick) (most float64) {
	for _, t := range all {
		most = max(most, wide(t.text))
	}
	return most
}
