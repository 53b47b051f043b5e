package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/fourlevels/fourlevels/bench/samples"
)

// Formats of github-action-benchmark's custom tools. Each of its files says for all
// figures in it which way is better, so there are two.
const (
	AsBigger  Format = "customBiggerIsBetter"  // throughput
	AsSmaller Format = "customSmallerIsBetter" // time, memory and counts
)

// ErrNothing is about a run without one figure for a format.
var ErrNothing = errors.New("the run has no figure of this kind that can be believed")

// errPitfalls is about a run of pitfalls alone.
var errPitfalls = errors.New("the run has pitfalls only, and none of their figures is better when it is bigger, or smaller: a broken program is to be slow")

// An entry is a figure as github-action-benchmark's README documents it.
type entry struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra,omitempty"`
}

// writeEntries writes the figures of the run for which more, or less, is better. What is
// INVALID is not among them: the format has no way to say so.
func (r *Run) writeEntries(page *bytes.Buffer, bigger bool) error {
	var all []entry
	for _, t := range r.Tables {
		for i := range t.Rows {
			row := &t.Rows[i]
			for _, c := range columns {
				if cell := *c.of(row); c.higher == bigger && cell.N > 0 && c.field != "vs_serial" {
					all = append(all, r.entry([]string{t.Work, t.Grain, row.Label, c.field}, c.unit, cell))
				}
			}
		}
	}
	for _, s := range r.Sections {
		if s.Key == "noise" || s.Key == "crossover" || s.Key == "pitfall" {
			continue // none is better when it is smaller
		}
		for i := range s.Lines {
			l := &s.Lines[i]
			for j, c := range l.Cells {
				if h := s.Heads[j]; c.N > 0 && h.Unit != "x" && strings.HasPrefix(h.Field, "tasks_per_s") == bigger {
					all = append(all, r.entry([]string{s.Key, l.Work, l.Grain, l.Label, l.At, h.Field}, h.Unit, c))
				}
			}
		}
	}
	switch {
	case len(all) == 0 && r.ofPitfallsOnly():
		return errPitfalls
	case len(all) == 0:
		return ErrNothing
	}
	out := json.NewEncoder(page)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(all)
}

// entry names a figure by its parts. Times are in nanoseconds: charts of seconds would
// show zeros.
func (r *Run) entry(parts []string, unit string, c Cell) entry {
	field := parts[len(parts)-1]
	var name []string
	for _, p := range parts[:len(parts)-1] {
		if p != "" && p != "0" {
			name = append(name, p)
		}
	}
	factor := 1.0
	switch {
	case unit == "s":
		unit, factor = "ns", 1e9
	case strings.HasPrefix(field, "tasks_per_s"):
		unit = "tasks/s"
	case unit == "":
		unit = "a task"
	}
	e := entry{Name: strings.Join(append(name, field), "/"), Unit: unit, Value: c.Center * factor}
	e.Extra = fmt.Sprintf("n=%d", c.N)
	if c.Bounded() {
		e.Range = fmt.Sprintf("± %.3g", factor*math.Max(c.Hi-c.Center, c.Center-c.Lo))
		e.Extra += fmt.Sprintf(", 95%% interval of the median %.4g to %.4g", factor*c.Lo, factor*c.Hi)
	}
	if commit := samples.Find(r.Config, "commit"); commit != "" {
		e.Extra += ", commit " + samples.Clip(commit, 60)
	}
	return e
}
