package trend

import (
	"fmt"
	"io"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// WritePage writes a page with a chart for each series: one file, which asks no other
// server for anything. Commits are links into the repository if its URL is given, as in
// https://example.org/owner/name.
func (t *Trend) WritePage(w io.Writer, repository string) error {
	p := chart.Page{Title: "Trend of " + samples.Clip(t.Dir, 200), Facts: t.facts()}
	for i := range t.Series {
		s := &t.Series[i]
		if n := len(p.Sections); n == 0 || p.Sections[n-1].Title != s.title() {
			p.Sections = append(p.Sections, chart.Section{ID: "series-" + strconv.Itoa(n+1), Title: s.title(), Short: s.title()})
		}
		section := &p.Sections[len(p.Sections)-1]
		if !s.usable() {
			leave(section, fmt.Sprintf("%s, %s (%s)", s.label(), s.Metric, s.last()))
			continue
		}
		section.Figures = append(section.Figures, t.figure(s, fmt.Sprintf("%s-%d", section.ID, len(section.Figures)+1), repository))
	}
	p.Sections = append(p.Sections, chart.Section{ID: "about", Title: "What the figures are", Short: "about", Notes: append(t.about(),
		"No chart begins at 0, and each spans what it needs, but 5 % at least: noise should not look like drama.")})
	if err := p.Write(w); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// leave names a series that has no chart, in one note for all of a section.
func leave(section *chart.Section, name string) {
	if len(section.Notes) == 0 {
		section.Notes = []string{"No run can be looked at, so there is no chart, of " + name}
		return
	}
	section.Notes[0] += "; " + name
}

// usable reports whether there is a point to draw.
func (s *Series) usable() bool {
	return slices.ContainsFunc(s.Points, func(p Point) bool { return p.Ignored == "" })
}

// facts are the span of the runs.
func (t *Trend) facts() []string {
	first, last := t.Runs[0], t.Runs[len(t.Runs)-1]
	facts := []string{report.Count(len(t.Runs), "run", "runs"), "baseline " + t.commit(t.Baseline)}
	if !first.Began.IsZero() {
		facts = append(facts, first.Began.Format("2006-01-02")+" to "+last.Began.Format("2006-01-02"))
	}
	return facts
}

func (t *Trend) figure(s *Series, id, repository string) chart.Figure {
	better := "lower is better"
	if s.Higher {
		better = "higher is better"
	}
	c := t.chart(s)
	return chart.Figure{ID: id, Title: s.label() + ": " + s.Metric, Caption: "last " + s.last() + "; " + better, SVG: c.SVG(), Says: t.says(s), Table: t.table(s, repository)}
}

// chart draws the ratios to the baseline. Points that are ignored leave a gap.
func (t *Trend) chart(s *Series) chart.Lines {
	const least = 0.025 // on both sides
	const height = 130  // has room for five ticks
	c := chart.Lines{Title: s.title() + ", " + s.label() + ": " + s.Metric, Says: s.last() + ". " + strings.Join(t.says(s), " "), Base: 1, Height: height,
		Y: chart.Axis{Unit: "x", Log: true, From: 1 - least, To: 1 + least}}
	line := chart.Series{Style: chart.Blue}
	for i := range t.Runs {
		c.X.Names = append(c.X.Names, strings.TrimSuffix(samples.Clip(t.Runs[i].Commit, 8), "…"))
	}
	for _, p := range s.Points {
		if p.Ignored != "" {
			line.Points = append(line.Points, chart.Point{At: float64(p.Run), Value: math.NaN()})
			continue
		}
		line.Points = append(line.Points, chart.Point{At: float64(p.Run), Value: p.Center, Lo: p.Lo, Hi: p.Hi, Says: t.commit(p.Run) + ": " + p.text()})
	}
	c.Series = []chart.Series{line}
	for _, change := range s.Changes {
		mark := chart.Mark{At: float64(change.Run) - 0.5, Text: fmt.Sprintf("%+.0f%% better", 100*(change.By-1)), Style: chart.Green, Dash: true}
		if change.Worse {
			mark = chart.Mark{At: mark.At, Text: fmt.Sprintf("%+.0f%% worse", 100*(change.By-1)), Style: chart.Red}
		}
		c.Marks = append(c.Marks, mark)
	}
	return c
}

func (p Point) text() string {
	return fmt.Sprintf("%.3fx [%.3f to %.3f], n=%d", p.Center, p.Lo, p.Hi, p.N)
}

// table is a row for each run, with a link to its commit.
func (t *Trend) table(s *Series, repository string) chart.Table {
	table := chart.Table{Head: []string{"commit", "began", "ratio"}}
	for _, p := range s.Points {
		r := t.Runs[p.Run]
		ratio := chart.Cell{Text: p.text()}
		if p.Ignored != "" {
			ratio = chart.Cell{Text: samples.Clip(p.Ignored, 80), Bad: true}
		}
		day := ""
		if !r.Began.IsZero() {
			day = r.Began.Format("2006-01-02 15:04")
		}
		table.Rows = append(table.Rows, []chart.Cell{{Text: t.commit(p.Run), Href: link(repository, r.Commit)}, {Text: day}, ratio})
	}
	return table
}

var hash = regexp.MustCompile(`^[0-9a-f]{7,64}`)

// link is the page of a commit, or "": of one that has none, or without a repository.
func link(repository, commit string) string {
	u, err := url.Parse(repository)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || !hash.MatchString(commit) {
		return ""
	}
	return u.JoinPath("commit", hash.FindString(commit)).String()
}
