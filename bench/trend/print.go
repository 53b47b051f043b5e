package trend

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
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

// widest is how many runs a line shows: the latest.
const widest = 24

// Heights of a sparkline, lowest first. Their number is odd, so that the middle is one
// of them and not a border between two, on which noise would jump.
const blocks, letters = "▁▂▃▄▅▆▇", "_.-=+*#"

// spark draws the latest points. The scale is of logs, and spans 5 % at least: noise
// should not look like drama. What is ignored is a space.
func (s *Series) spark(ascii bool) string {
	marks := []rune(blocks)
	if ascii {
		marks = []rune(letters)
	}
	points := s.Points[max(0, len(s.Points)-widest):]
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if p.Ignored == "" {
			lo, hi = min(lo, math.Log(p.Center)), max(hi, math.Log(p.Center))
		}
	}
	const least = 0.05
	if hi-lo < least {
		lo, hi = (lo+hi-least)/2, (lo+hi+least)/2
	}
	var b strings.Builder
	for _, p := range points {
		if p.Ignored != "" {
			b.WriteByte(' ')
			continue
		}
		b.WriteRune(marks[int(math.Round((math.Log(p.Center)-lo)/(hi-lo)*float64(len(marks)-1)))])
	}
	return b.String()
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
		fmt.Sprintf("Each series is searched for changes at p < 0.01: of the %d here, about %.1f would show one by chance.", len(t.Series), 0.01*float64(len(t.Series))),
		"A blank in a line is a run that is ignored there: not measured, INVALID, too noisy or of other work.",
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

func (t *Trend) writeText(page *bytes.Buffer, ascii bool) {
	fmt.Fprintln(page, "Trend of", samples.Clip(t.Dir, 70))
	title, width := "", min(len(t.Runs), widest)
	var words []string
	flush := func() {
		for _, w := range words {
			fmt.Fprintln(page, fill("=> "+w, 80, "   "))
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
		fmt.Fprintln(page, fill(a, 80, "  "))
	}
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s))) }

// fill breaks text between words. A word that is too long stays whole.
func fill(text string, width int, indent string) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch n := utf8.RuneCountInString(word); {
		case column == 0:
		case column+1+n > width:
			b.WriteString("\n" + indent)
			column = len(indent)
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += utf8.RuneCountInString(word)
	}
	return b.String()
}

func (t *Trend) writeMarkdown(page *bytes.Buffer) {
	fmt.Fprintf(page, "## Trend of %s\n", report.Markdown(samples.Clip(t.Dir, 200)))
	title := ""
	for i := range t.Series {
		s := &t.Series[i]
		if s.title() != title {
			title = s.title()
			fmt.Fprintf(page, "\n### %s\n\n| level | metric | runs | last | changes |\n| --- | --- | --- | ---: | --- |\n", report.Markdown(title))
		}
		fmt.Fprintf(page, "| %s | %s | `%s` | %s | %s |\n", report.Markdown(s.label()), s.Metric, s.spark(false), report.Markdown(s.last()),
			report.Markdown(strings.Join(t.says(s), "; ")))
	}
	fmt.Fprintln(page)
	for _, a := range t.about() {
		fmt.Fprintf(page, "- %s\n", report.Markdown(a))
	}
}

func (t *Trend) writeCSV(page *bytes.Buffer) error {
	lines := [][]string{{"benchmark", "metric", "run", "commit", "began", "ratio", "ratio_lo", "ratio_hi", "n", "ignored", "change"}}
	for _, s := range t.Series {
		for _, p := range s.Points {
			change := ""
			for _, c := range s.Changes {
				if c.Run == p.Run {
					change = text(c.By)
				}
			}
			r := t.Runs[p.Run]
			lines = append(lines, []string{samples.Clean(s.Name.ID), s.Metric, r.Name, r.Commit, began(r.Began),
				text(p.Center), text(p.Lo), text(p.Hi), strconv.Itoa(p.N), p.Ignored, change})
		}
	}
	return csv.NewWriter(page).WriteAll(lines)
}

func text(v float64) string {
	if v == 0 || math.IsInf(v, 0) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

func began(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

// schema is the number of the JSON's shape, as in package report.
const schema = 1

type (
	jsonTrend struct {
		Schema   int           `json:"schema"`
		Dir      string        `json:"dir"`
		Baseline int           `json:"baseline"` // index into runs
		Runs     []jsonRun     `json:"runs"`
		Series   []jsonSeries  `json:"series"`
		Ignored  []jsonIgnored `json:"ignored"`
		About    []string      `json:"about"`
	}
	jsonRun struct {
		Name   string            `json:"name"`
		Commit string            `json:"commit"`
		Began  string            `json:"began,omitempty"`
		Config map[string]string `json:"config"`
	}
	jsonSeries struct {
		Benchmark string       `json:"benchmark"`
		Title     string       `json:"title"`
		Label     string       `json:"label"`
		Level     string       `json:"level"`
		Work      string       `json:"work"`
		Metric    string       `json:"metric"`
		Higher    bool         `json:"higher_is_better"`
		Divided   bool         `json:"divided_by_serial"`
		Unsure    string       `json:"unsure,omitempty"`
		Points    []jsonPoint  `json:"points"`
		Changes   []jsonChange `json:"changes"`
	}
	jsonPoint struct {
		Run     int      `json:"run"` // index into runs
		Ratio   *float64 `json:"ratio"`
		Lo      *float64 `json:"lo"`
		Hi      *float64 `json:"hi"`
		N       int      `json:"n"`
		Ignored string   `json:"ignored,omitempty"`
	}
	jsonChange struct {
		Run   int     `json:"run"`
		By    float64 `json:"by"`
		P     float64 `json:"p"`
		Worse bool    `json:"worse"`
		Says  string  `json:"says"`
	}
	jsonIgnored struct {
		Run     string `json:"run"`
		Commit  string `json:"commit,omitempty"`
		Because string `json:"because"`
	}
)

func (t *Trend) writeJSON(page *bytes.Buffer) error {
	j := jsonTrend{Schema: schema, Dir: t.Dir, Baseline: t.Baseline, Series: []jsonSeries{}, Ignored: []jsonIgnored{}, About: t.about()}
	for _, r := range t.Runs {
		run := jsonRun{r.Name, r.Commit, began(r.Began), map[string]string{}}
		for _, s := range r.raw.Config {
			run.Config[s.Key] = s.Value
		}
		j.Runs = append(j.Runs, run)
	}
	for i := range t.Series {
		j.Series = append(j.Series, t.seriesJSON(&t.Series[i]))
	}
	for _, i := range t.Ignored {
		j.Ignored = append(j.Ignored, jsonIgnored(i))
	}
	out := json.NewEncoder(page)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(j)
}

func (t *Trend) seriesJSON(s *Series) jsonSeries {
	j := jsonSeries{Benchmark: samples.Clean(s.Name.ID), Title: s.title(), Label: s.label(), Level: samples.Clean(s.Name.Level), Work: samples.Clean(s.Name.Work),
		Metric: s.Metric, Higher: s.Higher, Divided: s.Divided, Unsure: s.Unsure, Changes: []jsonChange{}}
	known := func(p Point, v float64) *float64 {
		if p.N == 0 || math.IsInf(v, 0) {
			return nil
		}
		return &v
	}
	for _, p := range s.Points {
		j.Points = append(j.Points, jsonPoint{p.Run, known(p, p.Center), known(p, p.Lo), known(p, p.Hi), p.N, p.Ignored})
	}
	for i, says := range t.says(s) {
		c := s.Changes[i]
		j.Changes = append(j.Changes, jsonChange{c.Run, c.By, c.P, c.Worse, says})
	}
	return j
}
