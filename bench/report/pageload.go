package report

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
)

// load is latency under load: how p50 and p99 grow with it, and all percentiles at the
// highest.
func (p *pager) load(s *Section, id string) (figures []chart.Figure) {
	var loads []string
	for _, l := range s.shown() {
		if !slices.Contains(loads, l.At) {
			loads = append(loads, l.At)
		}
	}
	for i, column := range []int{1, 2} {
		what := s.Heads[column].Text
		c := chart.Lines{Title: what + " by load", Says: s.About, X: chart.Axis{Title: "load", Names: loads}, Y: chart.Axis{Title: what, Unit: "s", Log: true}}
		c.Series = p.curves(s, func(l *Line) []chart.Point {
			points := spot(l, slices.Index(loads, l.At), column, s)
			if l.At == "closed" && len(points) > 0 { // is no amount of load: the curve begins after it
				points = append(points, chart.Point{Value: math.NaN()})
			}
			return points
		})
		if slices.ContainsFunc(c.Series, func(s chart.Series) bool { return grows(s, slices.Index(loads, "closed")) }) {
			f := chart.Figure{ID: id + "-" + strconv.Itoa(i+1), Title: s.Title + ", " + what, Caption: s.About + s.rounds(), SVG: c.SVG(), Table: s.behind(column)}
			figures = append(figures, f)
		}
	}
	if len(loads) == 0 {
		return nil
	}
	last := loads[len(loads)-1]
	c := chart.Lines{Title: "percentiles at " + last, X: chart.Axis{Title: "percentile"}, Y: chart.Axis{Title: "latency", Unit: "s", Log: true}}
	for i := 1; i <= 3; i++ { // p50, p99, p99.9
		if slices.ContainsFunc(s.Lines, func(l Line) bool { return l.At == last && len(l.Cells) > i && l.Cells[i].N > 0 }) {
			c.X.Names = append(c.X.Names, s.Heads[i].Text)
		}
	}
	c.Series = p.curves(s, func(l *Line) (points []chart.Point) {
		for i := range c.X.Names {
			if l.At == last {
				points = append(points, spot(l, i, i+1, s)...)
			}
		}
		return points
	})
	if len(c.X.Names) > 1 {
		figures = append(figures, chart.Figure{ID: id + "-percentiles", Title: s.Title + ", percentiles", Caption: "at a load of " + last, SVG: c.SVG(), Says: s.words(), Table: s.behind()})
	}
	return figures
}

// grows reports whether a curve has points at two loads or more: one shows no growth. The
// closed loop is no amount of load.
func grows(s chart.Series, closed int) bool {
	n := 0
	for _, p := range s.Points {
		if !math.IsNaN(p.Value) && p.At != float64(closed) {
			n++
		}
	}
	return n > 1
}

func empty(all []chart.Series) bool {
	return !slices.ContainsFunc(all, func(s chart.Series) bool { return len(s.Points) > 0 })
}

// curves joins the points of the lines that are one level.
func (p *pager) curves(s *Section, points func(*Line) []chart.Point) (all []chart.Series) {
	at := map[string]int{}
	for _, l := range s.shown() {
		key := l.Level + "/" + l.Impl + "/" + l.Label
		if _, known := at[key]; !known {
			at[key] = len(all)
			all = append(all, chart.Series{Name: l.Label, Style: p.style(l.Level, l.Impl)})
		}
		all[at[key]].Points = append(all[at[key]].Points, points(l)...)
	}
	return all
}

// spot is a cell of a line as a point, if it has one.
func spot(l *Line, at, column int, s *Section) []chart.Point {
	if column >= len(l.Cells) || l.Cells[column].N == 0 {
		return nil
	}
	where := point(l.Cells[column], s.Heads[column].Unit, strings.TrimSpace(l.Label+" "+l.At)+", "+strings.ReplaceAll(s.Heads[column].Text, "\n±%", "")+":")
	where.At = float64(at)
	return []chart.Point{where}
}
