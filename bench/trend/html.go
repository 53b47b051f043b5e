package trend

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// AsHTML is a page with a chart for each series: one file, without scripts, which asks no
// other server for anything.
const AsHTML report.Format = "html"

//go:embed page.html
var pageText string

// pageTemplate escapes whatever names may hold.
var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Size of a chart, in its own units, and the margin around the lines.
const chartWidth, chartHeight, chartMargin = 240.0, 48.0, 4.0

type (
	htmlPage struct {
		Dir           string
		Width, Height float64
		Groups        []htmlGroup
		About         []string
	}
	htmlGroup struct {
		Title  string
		Charts []htmlChart
	}
	htmlChart struct {
		Label, Metric, Last string
		Base                float64 // height of the ratio 1
		Bands, Lines        []string
		Dots                []htmlDot
		Marks               []htmlMark
		Says                []string
	}
	htmlDot struct {
		X, Y float64
		Says string
	}
	htmlMark struct {
		X     float64
		Class string
	}
)

func (t *Trend) writeHTML(w *bytes.Buffer) error {
	p := htmlPage{Dir: samples.Clip(t.Dir, 200), Width: chartWidth, Height: chartHeight, About: t.about()}
	for i := range t.Series {
		s := &t.Series[i]
		if n := len(p.Groups); n == 0 || p.Groups[n-1].Title != s.title() {
			p.Groups = append(p.Groups, htmlGroup{Title: s.title()})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Charts = append(g.Charts, t.chart(s))
	}
	return pageTemplate.Execute(w, p)
}

// chart lays a series out. Points that are ignored leave a gap in line and band.
func (t *Trend) chart(s *Series) htmlChart {
	at := t.scale(s)
	c := htmlChart{Label: s.label(), Metric: s.Metric, Last: s.last(), Base: round(at.y(1)), Says: t.says(s)}
	var upper, lower, line []string
	flush := func() {
		if len(line) > 0 {
			c.Lines = append(c.Lines, strings.Join(line, " "))
			c.Bands = append(c.Bands, strings.Join(append(upper, lower...), " "))
		}
		upper, lower, line = nil, nil, nil
	}
	for _, p := range s.Points {
		if p.Ignored != "" {
			flush()
			continue
		}
		x := at.x(p.Run)
		upper, lower = append(upper, pair(x, at.y(p.Hi))), append([]string{pair(x, at.y(p.Lo))}, lower...)
		line = append(line, pair(x, at.y(p.Center)))
		c.Dots = append(c.Dots, htmlDot{round(x), round(at.y(p.Center)),
			fmt.Sprintf("%s: %.3fx [%.3f to %.3f], n=%d", t.commit(p.Run), p.Center, p.Lo, p.Hi, p.N)})
	}
	flush()
	for _, change := range s.Changes {
		class := "change better"
		if change.Worse {
			class = "change worse"
		}
		c.Marks = append(c.Marks, htmlMark{round(at.x(change.Run) - at.step/2), class})
	}
	return c
}

// A scale places runs from left to right, and ratios by their logs.
type scale struct{ step, lo, hi float64 }

// scale shows all bands, and the ratio 1. As a sparkline it spans 5 % at least.
func (t *Trend) scale(s *Series) scale {
	at := scale{step: (chartWidth - 2*chartMargin) / float64(max(1, len(t.Runs)-1)), lo: -0.025, hi: 0.025}
	for _, p := range s.Points {
		if p.Ignored == "" {
			at.lo, at.hi = min(at.lo, math.Log(p.Lo)), max(at.hi, math.Log(p.Hi))
		}
	}
	return at
}

func (at scale) x(run int) float64 { return chartMargin + at.step*float64(run) }

func (at scale) y(ratio float64) float64 {
	return chartMargin + (chartHeight-2*chartMargin)*(at.hi-math.Log(ratio))/(at.hi-at.lo)
}

func pair(x, y float64) string { return fmt.Sprintf("%g,%g", round(x), round(y)) }

func round(v float64) float64 { return math.Round(10*v) / 10 }
