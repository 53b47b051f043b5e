package trend

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fourlevels/fourlevels/bench/report"
	"github.com/fourlevels/fourlevels/bench/samples"
)

// Write prints the trend to w. For the terminal it takes 80 columns; ascii is for those
// that cannot show blocks, and concerns only them.
func (t *Trend) Write(w io.Writer, f report.Format, ascii bool) error {
	var page bytes.Buffer
	var err error
	switch f {
	case report.AsTable:
		t.writeText(&page, ascii)
	case report.AsMarkdown:
		t.writeMarkdown(&page)
	case report.AsCSV:
		err = t.writeCSV(&page)
	case report.AsJSON:
		err = t.writeJSON(&page)
	default:
		return fmt.Errorf("a trend has no format %.40q: have %s, %s, %s and %s", f, report.AsTable, report.AsMarkdown, report.AsCSV, report.AsJSON)
	}
	if err == nil {
		_, err = w.Write(page.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write trend: %w", err)
	}
	return nil
}

// last writes the latest point, as in "1.08x ±2%", or why it is ignored.
func (s *Series) last() string {
	p := s.Points[len(s.Points)-1]
	if why, _, _ := strings.Cut(p.Ignored, ":"); why != "" {
		return samples.Clip(why, 14)
	}
	return fmt.Sprintf("%.2fx ±%.0f%%", p.Center, 100*max(p.Hi/p.Center-1, 1-p.Lo/p.Center))
}

// label is the level, without the parts that are in the heading.
func (s *Series) label() string { return report.ShortName(s.Name) }

// title is what stands above the series of one workload.
func (s *Series) title() string {
	title := samples.Clean(strings.TrimSpace(s.kind() + " " + s.Name.Work))
	if g := samples.Clean(s.Name.Grain); g != "" && g != "0" {
		title += ", grain " + g
	}
	for _, key := range []string{"rtt-us", "mode", "load"} {
		if v := samples.Clean(s.Name.Part(key)); v != "" {
			title += ", " + key + " " + v
		}
	}
	return samples.Clip(title, 78)
}

// says are the changes of a series, in words, and why points were left out.
func (t *Trend) says(s *Series) (words []string) {
	for _, c := range s.Changes {
		how := "better"
		if c.Worse {
			how = "worse"
		}
		words = append(words, fmt.Sprintf("%s: %s is %s, %+.0f%%, since %s (p=%.2g)", s.label(), s.Metric, how, 100*(c.By-1), t.commit(c.Run), c.P))
	}
	return words
}

func (t *Trend) commit(run int) string { return samples.Clip(t.Runs[run].Commit, 20) }

// about says what the figures are.
func (t *Trend) about() []string {
	about := []string{
		fmt.Sprintf("Runs: %d, oldest first, against %s (%s). tasks/s, CPU and p50 are divided by serial of the same round, which cancels the machine, then by the baseline; serial itself and the others by the baseline only.",
			len(t.Runs), t.commit(t.Baseline), samples.Clip(t.Runs[t.Baseline].Name, 40)),
		"A blank in a line is a run that is ignored there: not measured, INVALID, too noisy or of other work. A | stands before a change.",
	}
	searched, counted := 0, false
	for i := range t.Series {
		counted = counted || t.Series[i].Counted
		if t.Series[i].Unsure == "" {
			searched++
		}
	}
	if counted {
		about = append(about, "Counts (allocs, Redis cmds, wire bytes) have one added on both sides, since they may be 0: from 3 to 0 is 0.25x.")
	}
	if searched > 0 {
		about = append(about, fmt.Sprintf("%s searched for changes at p < 0.01: about %.2g would show one by chance.", report.Count(searched, "series was", "series were"), 0.01*float64(searched)))
	}
	if n := len(t.Newer); n > 0 {
		about = append(about, fmt.Sprintf("%s newer than the baseline: %s.", report.Count(n, "benchmark is", "benchmarks are"), first(t.Newer, 4)))
	}
	for i := range t.Series {
		if why := t.Series[i].Unsure; why != "" {
			about = append(about, "No changes are marked in some series: "+why+".")
			break
		}
	}
	for _, r := range t.Ignored {
		about = append(about, "Ignored "+strings.TrimSpace(samples.Clip(r.Run, 60)+" "+r.Commit)+": "+r.Because+".")
	}
	return about
}

// first joins a few of the names, and says how many more there are.
func first(names []string, few int) string {
	list := make([]string, 0, few)
	for _, n := range names[:min(few, len(names))] {
		list = append(list, samples.Clip(n, 70))
	}
	if more := len(names) - few; more > 0 {
		list = append(list, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(list, ", ")
}

func (t *Trend) writeText(page *bytes.Buffer, ascii bool) {
	fmt.Fprintln(page, "Trend of", samples.Clip(t.Dir, 70))
	title, width := "", 0
	for i := range t.Series {
		width = max(width, utf8.RuneCountInString(t.Series[i].spark(ascii)))
	}
	var words []string
	flush := func() {
		for _, w := range words {
			fmt.Fprintln(page, report.Wrap("=> "+w, 80, 3))
		}
		words = nil
	}
	for i := range t.Series {
		s := &t.Series[i]
		if s.title() != title {
			flush()
			title = s.title()
			fmt.Fprintf(page, "\n%s\n", title)
		}
		line := pad(samples.Clip(s.label(), 28), 28) + " " + pad(s.Metric, 10) + " " + pad(s.spark(ascii), width) + "  " + s.last()
		fmt.Fprintln(page, strings.TrimRight(line, " "))
		words = append(words, t.says(s)...)
	}
	flush()
	fmt.Fprintln(page)
	for _, a := range t.about() {
		fmt.Fprintln(page, report.Wrap(a, 80, 2))
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s))) }

func (t *Trend) writeMarkdown(page *bytes.Buffer) {
	fmt.Fprintf(page, "## Trend of %s\n", report.Markdown(samples.Clip(t.Dir, 200)))
	title := ""
	for i := range t.Series {
		s := &t.Series[i]
		if s.title() != title {
			title = s.title()
			fmt.Fprintf(page, "\n### %s\n\n| level | metric | runs | last | changes |\n| --- | --- | --- | ---: | --- |\n", report.Markdown(title))
		}
		fmt.Fprintf(page, "| %s | %s | `%s` | %s | %s |\n", report.Markdown(s.label()), s.Metric, strings.ReplaceAll(s.spark(false), "|", `\|`), report.Markdown(s.last()),
			report.Markdown(strings.Join(t.says(s), "; ")))
	}
	fmt.Fprintln(page)
	for _, a := range t.about() {
		fmt.Fprintf(page, "- %s\n", report.Markdown(a))
	}
}
