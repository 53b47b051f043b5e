package chart

import (
	"fmt"
	"html"
	"html/template"
	"strconv"
	"strings"
	"unicode"
)

// Where a text stands: these are classes of the style.
const start, middle, end = "", "m", "e"

// Sizes of a drawing, in its own units.
const (
	drawingWidth = 360.0
	textSize     = 12.0
	letter       = 7.0 // width of an average letter, a little too wide
)

// A canvas collects the elements of a drawing. Texts go through it only here, where they
// are escaped; all else is numbers and our own words.
type canvas struct{ strings.Builder }

// begin opens the drawing; what it shows is told to those who cannot see it.
func begin(width, height float64, title, says string) *canvas {
	c := &canvas{}
	label := strings.TrimSpace(clip(title, 200) + ". " + clip(says, 600))
	fmt.Fprintf(c, `<svg viewBox="0 0 %s %s" role="img" tabindex="0" aria-label="%s">`, at(width), at(height), escape(label))
	return c
}

func (c *canvas) end() template.HTML {
	c.WriteString("</svg>")
	return template.HTML(c.String()) // of numbers, own words and escaped text
}

// text writes at a place, which is its begin, its middle or its end, as anchor says.
func (c *canvas) text(class, anchor string, x, y float64, text string) {
	if text == "" {
		return
	}
	more := ""
	if class = strings.TrimSpace(class + " " + anchor); class != "" {
		more = ` class="` + class + `"`
	}
	fmt.Fprintf(c, `<text x="%s" y="%s"%s>%s</text>`, at(x), at(y), more, escape(text))
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(c, `<path class="%s" d="M%s %sL%s %s"/>`, class, at(x1), at(y1), at(x2), at(y2))
}

// grid draws many lines in one.
func (c *canvas) grid(lines [][4]float64) {
	c.WriteString(`<path class="grid" d="`)
	for _, l := range lines {
		fmt.Fprintf(c, "M%s %sL%s %s", at(l[0]), at(l[1]), at(l[2]), at(l[3]))
	}
	c.WriteString(`"/>`)
}

// strip draws a level line; how thick it is, and so a bar or an interval, is for the style.
func (c *canvas) strip(class string, from, to, y float64) {
	fmt.Fprintf(c, `<path class="%s" d="M%s %sh%s"/>`, class, at(from), at(y), at(max(0.5, to-from)))
}

// path joins places; a band is closed.
func (c *canvas) path(class string, places [][2]float64, closed bool) {
	if len(places) < 2 {
		return
	}
	fmt.Fprintf(c, `<path class="%s" d="`, class)
	for i, p := range places {
		fmt.Fprintf(c, "%c%s %s", "ML"[min(i, 1)], at(p[0]), at(p[1]))
	}
	if closed {
		c.WriteByte('Z')
	}
	c.WriteString(`"/>`)
}

// marker draws the shape of a style, which the page has once for all charts. The words
// become a tooltip.
func (c *canvas) marker(class string, style int, x, y float64, says string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	fmt.Fprintf(c, `<use%s href="#m%d" x="%s" y="%s"`, class, shape(style), at(x), at(y))
	if says == "" {
		c.WriteString("/>")
		return
	}
	fmt.Fprintf(c, `><title>%s</title></use>`, escape(clip(says, 300)))
}

// open begins a group of one colour; it ends with </g>.
func (c *canvas) open(class string, style int) {
	fmt.Fprintf(c, `<g class="%s">`, strings.TrimSpace(fmt.Sprintf("%s c%d", class, color(style))))
}

// openSeries begins what a click on a label fades.
func (c *canvas) openSeries(class string, style, series int) {
	fmt.Fprintf(c, `<g class="%s c%d" data-series="%d">`, class, color(style), series)
}

func (c *canvas) close() { c.WriteString("</g>") }

// escape makes any text mean only itself.
func escape(text string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?")))
}

// at writes a place with one decimal: more could not be seen.
func at(v float64) string {
	if text := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0"); text != "-0" {
		return text
	}
	return "0"
}

// wide is about how wide a text is drawn.
func wide(text string) float64 {
	sum := 0.0
	for _, r := range text {
		switch {
		case r >= 0x1100 && r < 0xff00: // about where letters are as wide as high
			sum += 2 * letter
		case strings.ContainsRune("ijlt.,:;'|!I /()[]", r):
			sum += 0.62 * letter
		case strings.ContainsRune("mwMW%@★", r):
			sum += 1.5 * letter
		case 'A' <= r && r <= 'Z':
			sum += 1.2 * letter
		default:
			sum += letter
		}
	}
	return sum
}

func widest(texts []string) (most float64) {
	for _, t := range texts {
		most = max(most, wide(t))
	}
	return most
}

// clip shortens a text, which may come from anywhere.
func clip(text string, letters int) string {
	if runes := []rune(text); len(runes) > letters {
		return string(runes[:letters-1]) + "…"
	}
	return text
}
