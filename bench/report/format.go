package report

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// A Format is a way to print a run.
type Format string

const (
	AsTable    Format = "table"    // for terminals
	AsMarkdown Format = "markdown" // for pages
	AsCSV      Format = "csv"      // raw figures in base units, a line for each row
	AsJSON     Format = "json"     // the same and more, with a schema number
)

// Options say how [AsTable] prints; the other formats take no notice.
type Options struct {
	Color bool // make the best bold green and INVALID bold red; neither is told by colour alone
	Width int  // of the terminal, in columns; 0 means 80, which is also the least
	Plots bool // draw what has a shape below its table, from the same figures
	ASCII bool // draw with letters: the terminal has no others
}

// Write prints r to w in one piece. An unknown format and whatever w fails with
// are the only errors.
func (r *Run) Write(w io.Writer, f Format, o Options) error {
	o.Width = max(o.Width, 80)
	var page bytes.Buffer
	var err error
	switch f {
	case AsTable:
		err = r.writeText(&page, o)
	case AsMarkdown:
		err = r.writeMarkdown(&page)
	case AsCSV:
		err = r.writeCSV(&page)
	case AsJSON:
		err = r.writeJSON(&page)
	case AsBigger, AsSmaller:
		err = r.writeEntries(&page, f == AsBigger)
	default:
		return fmt.Errorf("unknown format %.40q: have %s, %s, %s, %s, %s and %s", f, AsTable, AsMarkdown, AsCSV, AsJSON, AsBigger, AsSmaller)
	}
	if err == nil {
		_, err = w.Write(page.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// header are the facts that every figure depends on, in one line.
func (r *Run) header() string {
	get := func(key string) string { return samples.Clip(samples.Find(r.Config, key), 60) }
	facts := []string{get("go"), strings.Trim(get("goos")+"/"+get("goarch"), "/"), get("cpu")}
	if n, err := strconv.Atoi(get("cores")); err == nil {
		facts = append(facts, count(n, "core"))
	}
	for _, named := range []string{"commit", "store", "corpus", "latency"} {
		if value := get(named); value != "" {
			facts = append(facts, named+" "+value)
		}
	}
	if r.Rounds > 0 {
		facts = append(facts, count(r.Rounds, "round")+strings.TrimSuffix(" of "+get("benchtime"), " of "))
	}
	return strings.Join(slices.DeleteFunc(facts, func(f string) bool { return f == "" }), ", ")
}

// title is what stands above a table: the workload, what it is about, and n.
func (t *Table) title() (work, about string) {
	var facts []string
	if t.Grain != "" && t.Grain != "0" {
		facts = append(facts, "grain "+samples.Clip(t.Grain, 20))
	}
	low, high := math.MaxInt, 0
	for i := range t.Rows {
		for _, c := range columns {
			if n := c.of(&t.Rows[i]).N; n > 0 {
				low, high = min(low, n), max(high, n)
			}
		}
	}
	switch {
	case low < high:
		facts = append(facts, fmt.Sprintf("n=%d..%d", low, high))
	case low == high:
		facts = append(facts, fmt.Sprintf("n=%d", high))
	}
	about = lessonOf(t.Work).about
	if len(facts) > 0 {
		about = strings.TrimSpace(about + " (" + strings.Join(facts, ", ") + ")")
	}
	return samples.Clip(t.Work, 40), about
}

// legend explains the signs that the tables of r use.
func (r *Run) legend() []string {
	const interval = "± is how far the 95% interval of the median over the rounds reaches, on its longer side, in percent."
	legend := []string{interval}
	if len(r.Tables) > 0 {
		legend = []string{
			"* is the best of its column; several are a tie, since their intervals overlap.",
			interval,
			"p50 and p99 are the latency of a lone task, with no other beside it.",
		}
	}
	var few, endless, wide, heard bool
	note := func(c Cell) {
		few = few || c.N > 0 && c.N < enough && !c.Bounded()
		endless = endless || c.N >= enough && !c.Bounded()
		wide = wide || c.Bounded() && c.spread() >= 99.5
	}
	for _, t := range r.Tables {
		heard = heard || t.Noise != ""
		for _, row := range t.Rows {
			for _, c := range columns {
				note(*c.of(&row))
			}
		}
	}
	for _, s := range r.Sections {
		for _, l := range s.Lines {
			for _, c := range l.Cells {
				note(c)
			}
		}
	}
	if heard {
		legend = append(legend, "~ is what the rows above could tell at all: a difference that would be found 4 times of 5, what a series compared with itself (A/A) shows, and by how much benchmarks differ that were repeated at once (twins).")
	}
	if few {
		legend = append(legend, fmt.Sprintf("±? is too few samples: an interval takes %d rounds, and without one no best is marked.", enough))
	}
	if endless {
		legend = append(legend, "±? of a METG is an interval without an end: so many rounds did not reach that efficiency.")
	}
	if wide {
		legend = append(legend, "±! is an interval as wide as the figure itself: measure again on a quieter machine.")
	}
	return legend
}
