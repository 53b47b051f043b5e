package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/chart"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// PageOptions are what a page shows that the run itself does not hold.
type PageOptions struct {
	Samples []byte        // the raw results, to be put into the page; nil leaves them out
	Matrix  []chart.Table // when to take which level, as others worked it out
	Command string        // that measures the same again; "" if none is known
}

// WritePage writes r as a page with charts: one HTML file that needs nothing else, and is
// the same bytes each time.
func (r *Run) WritePage(w io.Writer, o PageOptions) error {
	p := &pager{run: r, styles: map[string]int{}}
	for i, place := range places {
		p.styles[place.level+"/"+place.impl] = i // the usual levels look the same on all pages
	}
	page := chart.Page{Title: "Run " + samples.Clip(r.Name, 120), Facts: r.facts()}
	if r.Partial != "" {
		page.Alerts = append(page.Alerts, "PARTIAL: "+r.Partial)
	}
	if r.ofPitfallsOnly() {
		o.Matrix = nil // which is of levels
	}
	invalid := p.invalid()
	if n := len(invalid.Tables); n > 0 {
		page.Alerts = append(page.Alerts, count(len(invalid.Tables[0].Rows), "benchmark")+" cannot be believed, and have no figures here: see INVALID below.")
	}
	for _, s := range []chart.Section{p.glance(), p.throughput(), p.latency(), p.metg(), p.scaling(), p.distance(), p.crossover(o.Matrix), p.startup(), p.cost(), p.pitfalls(), p.noise(),
		invalid, r.unmeasured(), r.again(o.Command), r.data(nil, 0)} {
		if len(s.Figures)+len(s.Tables)+len(s.Notes)+len(s.Code)+len(s.Links) > 0 {
			page.Sections = append(page.Sections, s)
		}
	}
	var draft bytes.Buffer // tells how much room is left
	err := page.Write(&draft)
	if err == nil {
		page.Sections[len(page.Sections)-1] = r.data(o.Samples, mostBytes-draft.Len())
		err = page.Write(w)
	}
	if err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// A pager makes the sections of a page.
type pager struct {
	run    *Run
	styles map[string]int // by level/impl
}

// style is the colour and the shape of a way to build a level, the same in all charts.
func (p *pager) style(level, impl string) int {
	key := level + "/" + impl
	if _, known := p.styles[key]; !known {
		p.styles[key] = len(p.styles)
	}
	return p.styles[key]
}

// facts are what every figure depends on.
func (r *Run) facts() []string {
	facts := strings.Split(r.header(), ", ")
	if at, ok := began(r.Name); ok {
		facts = append([]string{at}, facts...)
	}
	return facts
}

// began is when a run began, from its name: the page itself knows no other time.
func began(name string) (string, bool) {
	stamp, _, _ := strings.Cut(name, "-")
	if len(stamp) != len("20260101T000000Z") || strings.Trim(stamp, "0123456789TZ") != "" {
		return "", false
	}
	return stamp[:4] + "-" + stamp[4:6] + "-" + stamp[6:8] + " " + stamp[9:11] + ":" + stamp[11:13] + " UTC", true
}

// point is a cell in a chart.
func point(c Cell, unit string, says ...string) chart.Point {
	return chart.Point{Value: c.Center, Lo: c.Lo, Hi: c.Hi, Says: strings.Join(append(says, roomy.cell(c, unit)), " ") + rounds(c)}
}

func rounds(c Cell) string { return " (n=" + strconv.Itoa(c.N) + ")" }

// cells turns what the tables for terminals show into cells of the page.
func cells(label string, texts []string) []chart.Cell {
	row := chart.Texts(label)
	for _, t := range texts {
		t = strings.TrimSpace(t)
		row = append(row, chart.Cell{Text: t, Best: strings.HasSuffix(t, "*"), Bad: strings.HasPrefix(t, "INVALID")})
	}
	return row
}

// behind is the table of a section, as it is printed elsewhere, or some of its columns.
func (s *Section) behind(columns ...int) chart.Table {
	some := *s
	if len(columns) > 0 {
		some.Heads, some.Lines = nil, slices.Clone(s.Lines)
		for _, c := range columns {
			some.Heads = append(some.Heads, s.Heads[c])
		}
		for i := range some.Lines {
			l := &some.Lines[i]
			all := l.Cells
			l.Cells = nil
			for _, c := range columns {
				if c < len(all) {
					l.Cells = append(l.Cells, all[c])
				}
			}
		}
	}
	var notes footnotes
	t := chart.Table{Head: some.heading(" ")}
	for _, l := range some.shown() {
		t.Rows = append(t.Rows, cells(l.Label, look{style: roomy}.line(&some, l, &notes)))
	}
	t.Notes = notes.lines()
	return t
}

func (f footnotes) lines() (lines []string) {
	for i, note := range f {
		lines = append(lines, superscript(i+1)+" "+note)
	}
	return lines
}

// of are the sections of one kind.
func (p *pager) of(key string) (some []*Section) {
	for i := range p.run.Sections {
		if s := &p.run.Sections[i]; s.Key == key {
			some = append(some, s)
		}
	}
	return some
}

// name is the workload of a table, with the size if there are several.
func (p *pager) name(t *Table) string {
	if n := len(slices.DeleteFunc(slices.Clone(p.run.Tables), func(o Table) bool { return o.Work != t.Work })); n < 2 || t.Grain == "" || t.Grain == "0" {
		return samples.Clip(t.Work, 24)
	}
	size, err := strconv.ParseFloat(t.Grain, 64)
	if err != nil || size < 1 {
		return samples.Clip(t.Work+" "+t.Grain, 24)
	}
	return samples.Clip(t.Work, 16) + " " + short(size)
}

// short writes a size without digits that say nothing: 50k, 1.05M.
func short(v float64) string {
	text := number(v, 3, "")
	digits := strings.TrimRight(text, "kMGTPn")
	prefix := text[len(digits):]
	if strings.Contains(digits, ".") {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	return digits + prefix
}
