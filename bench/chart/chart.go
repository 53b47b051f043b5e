// Package chart draws charts as SVG, and pages of them that are one HTML file.
//
// A chart is made on the server, from figures that are known by then: nothing is left to
// do for the browser, so a page needs no network and no library, prints as it looks, and
// is the same bytes for the same figures. [Lines] has a curve for each series, with a band
// for its intervals; [Rows] has a line of the page for each thing that is compared. A
// [Page] puts the table behind each chart, and a few lines of script on top: tooltips,
// a button for light and dark, and series that fade at a click.
//
// Colours are those of Okabe and Ito, which people with any colour vision can tell apart.
// They only repeat what shapes say. A chart is drawn 360 units wide, so that its text, of
// 12, is readable on a phone; on wide pages several stand beside each other.
//
// All text is escaped here or in the page. What is no number is a gap, never a zero.
package chart

import (
	"fmt"
	"html/template"
	"math"
)

// A Point is a figure, with the interval that it is known to lie in.
type Point struct {
	At     float64 // its place on the axis X of Lines
	Value  float64
	Lo, Hi float64 // no interval unless both are finite and Value is between them
	Says   string  // in words, for tooltips
}

// Bounded reports whether the point has an interval.
func (p Point) Bounded() bool {
	return finite(p.Lo) && finite(p.Hi) && p.Lo <= p.Value && p.Value <= p.Hi && (p.Lo != 0 || p.Hi != 0)
}

// reaches reports whether there is an interval to draw beside the point: also one that
// has one end only, which goes on to the border.
func (p Point) reaches() bool {
	return (finite(p.Lo) || finite(p.Hi)) && p.Lo <= p.Value && p.Value <= p.Hi && p.Lo < p.Hi && (p.Lo != 0 || p.Hi != 0)
}

// An Axis says how values become places.
type Axis struct {
	Title string
	Unit  string // of the tick labels: s, B, x, % or none
	Log   bool
	Zero  bool      // a linear axis begins at 0
	Names []string  // of the places 0, 1, 2 ... on an axis of categories
	Ticks []float64 // where to label; nil chooses round numbers
	From  float64   // shown in any case, as is To; 0 means nothing in particular
	To    float64
}

// Known styles: those of the usual levels, the same in all charts.
const (
	Grey    = iota // circle
	Red            // square
	Orange         // diamond
	Purple         // triangle
	Green          // cross
	Blue           // triangle that stands on its tip
	Sky            // plus
	Olive          // bow tie
	palette        // how many there are
)

// A style is a colour and a shape. Beyond the palette the colours come again, with
// other shapes: 64 styles are all different.
func color(style int) int { return style % palette }

func shape(style int) int { return (style + style/palette) % palette }

// shapes are drawn around the origin.
var shapes = [palette]string{
	"M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
	"M-3.6-3.6h7.2v7.2h-7.2z",
	"M0-5l4.6 5l-4.6 5l-4.6-5z",
	"M0-4.8l4.6 8h-9.2z",
	"M-4.2-2.6l1.6-1.6l2.6 2.6l2.6-2.6l1.6 1.6l-2.6 2.6l2.6 2.6l-1.6 1.6l-2.6-2.6l-2.6 2.6l-1.6-1.6l2.6-2.6z",
	"M0 4.8l4.6-8h-9.2z",
	"M-1.5-4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
	"M-4.2-4.2l8.4 8.4v-8.4l-8.4 8.4z",
}

// Shapes are what pages of charts must hold once.
func Shapes() template.HTML {
	c := &canvas{}
	c.WriteString(`<svg class="shapes" aria-hidden="true"><defs>`)
	for i, d := range shapes {
		fmt.Fprintf(c, `<path id="m%d" d="%s"/>`, i, d)
	}
	c.WriteString("</defs>")
	return c.end()
}

func finite(v float64) bool { return !math.IsInf(v, 0) && !math.IsNaN(v) }
