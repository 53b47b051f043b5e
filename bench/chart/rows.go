package chart

import (
	"html/template"
	"math"
	"strings"
)

// Rows compares things one below the other: a name, its points on a common axis, and a
// figure in digits. There is no legend to look up, and room for any number of them.
type Rows struct {
	Title, Says string // for those who cannot see it
	X           Axis
	Rows        []Row
	Keys        []Key   // what the points of a row are, if there are several
	Bars        bool    // from Base to the point, where length means something
	Base        float64 // where bars begin and a line is drawn; 0 means the left end, without a line
	Room        string  // a text at the right end that there must be room for: so charts beside each other line up
}

// A Row is one thing.
type Row struct {
	Label  string
	Style  int
	Points []Point // as Keys; what is no number is left out
	Text   string  // at the right end
	Best   bool    // has a star there
	Bad    string  // "" or why there is nothing to show: a word, a colon and the reason
}

// A Key is what the points in one place of all rows are.
type Key struct {
	Name   string
	Hollow bool
	Own    bool // drawn in Style, and not in that of the row
	Style  int
}

const rowHeight = 22.0

// SVG draws the chart.
func (r Rows) SVG() template.HTML {
	x := newScale(r.X, r.values())
	labels, texts, stars := make([]string, len(r.Rows)), make([]string, len(r.Rows)), 2.0
	for i, row := range r.Rows {
		labels[i], texts[i] = clip(row.Label, 24), clip(row.Text, 16)
		if row.Best || r.Room != "" {
			stars = 14
		}
	}
	f := frame{left: 28 + widest(labels), top: 4, right: drawingWidth - stars - 10 - max(wide(r.Room), widest(texts))}
	if len(r.Keys) > 1 {
		f.top += 20
	}
	f.bottom = f.top + rowHeight*float64(len(r.Rows)) + 2
	x.between(f.left, f.right)
	foot := 20.0
	if r.X.Title != "" {
		foot += 16
	}
	c := begin(drawingWidth, f.bottom+foot, r.Title, r.Says)
	r.keys(c, drawingWidth-stars)
	c.foot(f, &x)
	if x.shows(r.Base) && r.Base != 0 {
		c.line("base", x.place(r.Base), f.top, x.place(r.Base), f.bottom)
	}
	for i, row := range r.Rows {
		y := f.top + rowHeight*(float64(i)+0.5) + 1
		c.open("row", row.Style)
		if !r.owned() {
			c.marker("", row.Style, 8, y, "")
		}
		c.text("", start, 17, y+4, labels[i])
		if row.Bad != "" {
			c.bad(f.left+12, y, row.Bad)
		}
		r.draw(c, row, &x, y)
		c.text("value", end, drawingWidth-stars, y+4, texts[i])
		if row.Best {
			c.text("", end, drawingWidth-1, y+4, "★")
		}
		c.close()
	}
	return c.end()
}

// owned reports whether the points bring their own shapes, so that rows have none.
func (r Rows) owned() bool { return len(r.Keys) > 0 && r.Keys[0].Own }

func (r Rows) values() (all []float64) {
	for _, row := range r.Rows {
		for _, p := range row.Points {
			all = append(all, p.Value)
			if p.Bounded() {
				all = append(all, p.Lo, p.Hi)
			}
		}
	}
	if r.Base != 0 {
		all = append(all, r.Base)
	}
	return all
}

// keys says what the points of rows are, and what the figures that end at right are: those
// of the first key, or the best where each key is another thing.
func (r Rows) keys(c *canvas, right float64) {
	if len(r.Keys) < 2 {
		return
	}
	at := 8.0
	for _, k := range r.Keys {
		style := Grey
		if k.Own {
			style = k.Style
		}
		c.open("key", style)
		c.marker(pointClass(k), style, at, 10, "")
		c.text("", start, at+9, 14, clip(k.Name, 18))
		c.close()
		at += wide(clip(k.Name, 18)) + 26
	}
	of := clip(r.Keys[0].Name, 18)
	if r.owned() {
		of = "best"
	}
	if at-17+wide(of) < right {
		c.text("axis-title", end, right, 14, of)
	}
}

func pointClass(k Key) string {
	if k.Hollow {
		return "hollow"
	}
	return ""
}

// draw draws the points of one row, joined by a line, each in the band of its interval.
func (r Rows) draw(c *canvas, row Row, x *scale, y float64) {
	first, last := math.Inf(1), math.Inf(-1)
	for _, p := range row.Points {
		if !x.shows(p.Value) {
			continue
		}
		at := x.place(p.Value)
		first, last = min(first, at), max(last, at)
		if r.Bars {
			from := x.from
			if x.shows(r.Base) && r.Base != 0 {
				from = x.place(r.Base)
			}
			c.strip("bar", min(from, at), max(from, at), y)
		}
		if p.reaches() {
			c.strip("whisker", x.place(p.Lo), x.place(p.Hi), y)
		}
	}
	if first < last && !r.owned() {
		c.strip("join", first, last, y)
	}
	for i, p := range row.Points {
		if !x.shows(p.Value) {
			continue
		}
		key := Key{}
		if i < len(r.Keys) {
			key = r.Keys[i]
		}
		if !key.Own {
			c.marker(pointClass(key), row.Style, x.place(p.Value), y, p.Says)
			continue
		}
		c.open("", key.Style)
		c.marker(pointClass(key), key.Style, x.place(p.Value), y, p.Says)
		c.close()
	}
}

// bad says why a row is empty.
func (c *canvas) bad(x, y float64, why string) {
	c.WriteString(`<g class="bad">`)
	word, _, _ := strings.Cut(why, ":")
	c.marker("", Green, x, y, why)
	c.text("", start, x+9, y+4, clip(word, 16))
	c.close()
}

// foot draws the axis below rows.
func (c *canvas) foot(f frame, x *scale) {
	var grid [][4]float64
	for _, t := range x.ticks(func(text string) float64 { return wide(text) + 8 }) {
		grid = append(grid, [4]float64{x.place(t.at), f.top, x.place(t.at), f.bottom})
		c.text("", middle, x.place(t.at), f.bottom+15, t.text)
	}
	c.grid(grid)
	c.line("axis", f.left, f.bottom, f.right, f.bottom)
	c.text("axis-title", middle, (f.left+f.right)/2, f.bottom+31, x.axis.Title)
}
