package report

import (
	"slices"
	"strconv"

	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/samples"
	"github.com/fourlevels/fourlevels/bench/stat/usl"
)

// A curve is what scaling draws: each width that was measured, and the law that was
// found in them, if one was.
type curve struct {
	points []chart.Point
	law    *usl.Model
}

// curved is the curve of one row.
func curved(cells []*samples.Cell, label string, law *usl.Model) *curve {
	c := &curve{law: law}
	for _, cell := range cells {
		where := point(measured(cell, "tasks/s"), "", label+", "+count(width(cell), "worker")+":")
		where.At = float64(width(cell))
		c.points = append(c.points, where)
	}
	return c
}

// fit samples the law, between the widths that were measured and not beyond.
func (c *curve) fit() (points []chart.Point) {
	if c.law == nil {
		return nil
	}
	const steps = 24
	for i := range steps + 1 {
		n := c.law.From + (c.law.To-c.law.From)*float64(i)/steps
		if x, err := c.law.Predict(n); err == nil {
			points = append(points, chart.Point{At: n, Value: x})
		}
	}
	return points
}

// scaling is what more workers bring.
func (p *pager) scaling() chart.Section {
	s := chart.Section{ID: "scaling", Title: "Scaling", Short: "scaling"}
	for i, section := range p.of("scaling") {
		f := section.figure("scaling-" + strconv.Itoa(i+1))
		f.Caption += "; a dashed curve is the law that was found in the points, drawn where one was accepted"
		c := chart.Lines{Title: section.Title, Says: section.About, Y: chart.Axis{Title: "tasks a second", Zero: true},
			X: chart.Axis{Title: "workers", Log: true}}
		for _, l := range section.shown() {
			if l.Invalid != "" || l.curve == nil {
				continue
			}
			series := chart.Series{Name: l.Label, Style: p.style(l.Level, l.Impl), Points: l.curve.points, Fit: l.curve.fit()}
			for _, where := range l.curve.points {
				c.X.Ticks = append(c.X.Ticks, where.At)
			}
			c.Series = append(c.Series, series)
		}
		if !empty(c.Series) {
			slices.Sort(c.X.Ticks)
			c.X.Ticks = slices.Compact(c.X.Ticks)
			f.SVG = c.SVG()
			s.Figures = append(s.Figures, f)
		}
	}
	return s
}
