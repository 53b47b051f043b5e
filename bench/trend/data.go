package trend

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/fourlevels/fourlevels/bench/samples"
)

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
		Newer    []string      `json:"newer_than_baseline"`
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
		Counted   bool         `json:"one_added"`
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
	j := jsonTrend{Schema: schema, Dir: t.Dir, Baseline: t.Baseline, Series: []jsonSeries{}, Newer: append([]string{}, t.Newer...), Ignored: []jsonIgnored{}, About: t.about()}
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
		Metric: s.Metric, Higher: s.Higher, Divided: s.Divided, Counted: s.Counted, Unsure: s.Unsure, Changes: []jsonChange{}}
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
