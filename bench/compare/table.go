package compare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/fourlevels/fourlevels/bench/report"
	"golang.org/x/perf/benchunit"
)

// Formats are the ways to print a report.
var Formats = []string{"table", "markdown", "json"}

// Write prints r in one of the [Formats]; a table is 80 columns wide.
func (r *Report) Write(w io.Writer, format string) error {
	var page bytes.Buffer
	switch format {
	case "table":
		r.text(&page)
	case "markdown":
		r.markdown(&page)
	case "json":
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		page.Write(append(text, '\n'))
	default:
		return fmt.Errorf("unknown format %.40q: have %s", format, strings.Join(Formats, ", "))
	}
	_, err := w.Write(page.Bytes())
	return err
}

// The columns of the two tables.
var (
	judgedHead  = []string{"benchmark", "base", "head", "ratio", "95 %", "p", "MDE", "verdict"}
	commentHead = []string{"benchmark", "base", "head", "ratio", "95 %", "p", "", "unit"}
)

func (r *Report) text(page *bytes.Buffer) {
	line := func(text string, indent int) { fmt.Fprintln(page, report.Wrap(text, width, indent)) }
	line(r.title(), 2)
	if rows := r.shown(); len(rows) > 0 {
		line("", 0)
		line("Judged: processor time for a task, and counts that are not the same", 0)
		grid(page, judgedHead, rows, false)
		for _, text := range r.reasons() {
			line(text, 2)
		}
	}
	if len(r.Comments) > 0 {
		line("", 0)
		line("Reported, but not judged", 0)
		grid(page, commentHead, rows(r.Comments, true), true)
	}
	line("", 0)
	for _, text := range r.remarks() {
		line(text, 2)
	}
	line("=> "+string(r.Verdict)+": "+r.Why, 3)
}

// title says what is compared.
func (r *Report) title() string {
	design := "in turns"
	if !r.Paired {
		design = "one after the other"
	}
	if r.Rounds > 0 {
		design = report.Count(r.Rounds, "round", "rounds") + ", measured " + design
	}
	return fmt.Sprintf("Comparison of base %s with head %s: %s", r.Base.Commit, r.Head.Commit, design)
}

// shown are the judged rows as cells; counts that are the same are left out.
func (r *Report) shown() [][]string {
	var judged []Row
	for _, row := range r.Judged {
		if !row.Exact || row.Why != "" {
			judged = append(judged, row)
		}
	}
	return rows(judged, false)
}

func rows(list []Row, comment bool) (cells [][]string) {
	for _, row := range list {
		last, mde := string(row.Verdict), percent(float64(row.Detectable)-1)
		if comment {
			last, mde = row.Unit, ""
		}
		label := row.Label
		p, interval := probability(float64(row.Adjusted)), fmt.Sprintf("%.3f-%.3f", row.Ratio.Lo, row.Ratio.Hi)
		if row.Exact {
			label, p, interval, mde = label+" "+row.Unit, "", "exact", ""
		} else if !row.Ratio.Bounded() {
			interval = "?"
		}
		if row.refused() {
			cells = append(cells, []string{label, "-", "-", "-", "", "", "", last})
			continue
		}
		cells = append(cells, []string{label, figure(row.Base, row.Unit), figure(row.Head, row.Unit), ratio(row.Ratio.Center), interval, p, mde, last})
	}
	return cells
}

func ratio(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "?"
	}
	return fmt.Sprintf("%.3f", v)
}

func probability(p float64) string {
	switch {
	case math.IsNaN(p):
		return "?"
	case p < 0.001:
		return "<.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// percent writes a share; what cannot be found at all is "none".
func percent(share float64) string {
	switch {
	case math.IsNaN(share):
		return "?"
	case share < 0: // there is none
		return ""
	case math.IsInf(share, 1):
		return "none"
	}
	if share >= 0.995 {
		return fmt.Sprintf("%+.0f%%", 100*share)
	}
	return fmt.Sprintf("%+.2g%%", 100*share)
}

// figure writes a measurement with its prefix, as 83.90µs.
func figure(v Float, unit string) string {
	if math.IsNaN(float64(v)) {
		return "?"
	}
	text := benchunit.Scale(float64(v), benchunit.ClassOf(unit))
	if strings.HasSuffix(unit, "sec") || strings.HasPrefix(unit, "cpu-sec") {
		text += "s"
	}
	return text
}

// reasons say why rows are not what one would like, and what was left out.
func (r *Report) reasons() (lines []string) {
	same := 0
	for _, row := range r.Judged {
		switch {
		case row.Exact && row.Why == "":
			same++
		case row.Why != "" && row.Verdict != Pass:
			lines = append(lines, fmt.Sprintf("%s: %s: %s", row.Label, row.Verdict, row.Why))
		}
	}
	if same > 0 {
		lines = append(lines, report.Count(same, "count", "counts")+" (allocations, commands, bytes, lost and doubled tasks) are exactly the same.")
	}
	return lines
}

// remarks say how far the tables can be believed.
func (r *Report) remarks() (lines []string) {
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if c := r.Control; c.Rows > 0 || c.Replays > 0 {
		what := "Control: none was measured."
		if c.Measured && r.Paired {
			what = fmt.Sprintf("Control: base against itself in the same rounds has p below 5 %% in %d of %s (1 in 20 is due).", c.Alarms, report.Count(c.Rows, "row", "rows"))
		} else if c.Measured {
			what = fmt.Sprintf("Control: the serial rows, which run no level, have p below 5 %% in %d of %s.", c.Alarms, report.Count(c.Rows, "row", "rows"))
		}
		if c.Tripped {
			what += " It FAILED: " + c.Why + "."
		}
		add("%s", what)
		if c.Replays > 0 {
			add("Noise: in replays of the base's own rounds, 1 in 20 differs by more than %.2g %% in the quietest row, %.2g %% in the loudest.",
				100*float64(c.Least), 100*float64(c.Most))
		}
	}
	if r.Alpha > 0 && len(r.Judged) > 0 {
		mde := "that would have been a FAIL in four of five cases"
		if !r.Paired {
			mde = "that would about have been a FAIL"
		}
		add("FAIL takes p below %.2g, adjusted by Holm, and an interval above 1 by more than %.2g %%, or than the row's own noise floor; PASS an interval below that. MDE is the slow-down %s.",
			r.Alpha, 100*r.Margin, mde)
	}
	for _, note := range r.Notes {
		add("Note: %s.", note)
	}
	return lines
}
